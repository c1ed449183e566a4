import { useLingui } from '@lingui/react/macro';
import type { InteractionState } from '#src/modules/interactions/contract.ts';
import type { Tone } from '#web/ui/icon.tsx';

/** The states of an interaction in words and shapes. */
export function useStateWords(): Record<InteractionState, { word: string; tone: Tone }> {
  const { t } = useLingui();
  return {
    waiting: { word: t`waiting`, tone: 'ring' },
    scheduled: { word: t`scheduled`, tone: 'ring' },
    offered: { word: t`offered`, tone: 'half' },
    handling: { word: t`in conversation`, tone: 'in' },
    parked: { word: t`parked`, tone: 'ring' },
    wrapping: { word: t`wrapping up`, tone: 'half' },
    closed: { word: t`closed`, tone: 'in' },
    abandoned: { word: t`abandoned`, tone: 'breached' },
  };
}
