import { useLingui } from '@lingui/react/macro';
import type { Interaction } from '#src/modules/interactions/contract.ts';
import { customerName } from './work.ts';

/** What a customer is called on the screen: by name when they said one. */
export function useNameOf(): (interaction: Pick<Interaction, 'customerName'>) => string {
  const { t } = useLingui();
  return (interaction) => customerName(interaction) ?? t`Customer without a name`;
}

export function useSpoken(): (language: 'en' | 'fr') => string {
  const { t } = useLingui();
  return (language) => (language === 'fr' ? t`French` : t`English`);
}
