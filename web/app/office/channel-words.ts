import type { Beside, Channel, ChannelRules } from '#src/modules/interactions/contract.ts';
import type { Language } from '#web/ui/time.ts';

// Which channels go together, as a table to change and as sentences to read.

export const channels = ['voice', 'email', 'chat', 'messaging'] as const satisfies readonly Channel[];

const words = {
  en: { voice: 'a call', email: 'an e-mail', chat: 'a chat', messaging: 'a message' },
  fr: { voice: 'un appel', email: 'un courriel', chat: 'un chat', messaging: 'un message' },
} as const satisfies Record<Language, Record<Channel, string>>;

/** What one channel does beside another; what is not said goes together. */
export function besideOf(rules: ChannelRules, offered: Channel, held: Channel): Beside {
  return rules[offered]?.[held] ?? 'together';
}

/** The rules with one of them changed; together is left out, as it is what holds anyway. */
export function withBeside(
  rules: ChannelRules,
  offered: Channel,
  held: Channel,
  beside: Beside,
): ChannelRules {
  const { [held]: _, ...others } = rules[offered] ?? {};
  return { ...rules, [offered]: beside === 'together' ? others : { ...others, [held]: beside } };
}

/** Pairs of which each would interrupt the other: neither could ever be finished. */
export function interruptEachOther(rules: ChannelRules): Set<string> {
  const pairs = channels.flatMap((one) =>
    channels
      .filter(
        (other) =>
          besideOf(rules, one, other) === 'interrupts' && besideOf(rules, other, one) === 'interrupts',
      )
      .map((other) => `${one} ${other}`),
  );
  return new Set(pairs);
}

const list = (parts: readonly string[], language: Language) =>
  new Intl.ListFormat(language, { type: 'disjunction' }).format(parts);
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** The table in sentences, one to a channel that is not simply together with all, and one about the rest. */
export function channelWords(rules: ChannelRules, language: Language): string[] {
  const french = language === 'fr';
  const name = words[language];
  let allSaid = true;
  const sentences = channels.flatMap((offered) => {
    const held = (beside: Beside) =>
      channels
        .filter((one) => one !== offered && besideOf(rules, offered, one) === beside)
        .map((one) => name[one]);
    const [excluded, interrupts] = [held('excluded'), held('interrupts')];
    if (held('together').length > 0) allSaid = false;
    const parts = [
      ...(excluded.length === 0
        ? []
        : [
            french
              ? `n’est pas proposé à qui traite ${list(excluded, language)}`
              : `is not offered to an agent who handles ${list(excluded, language)}`,
          ]),
      ...(interrupts.length === 0
        ? []
        : [
            french
              ? `peut interrompre ${list(interrupts, language)}`
              : `may interrupt ${list(interrupts, language)}`,
          ]),
    ];
    if (parts.length === 0) return [];
    return [`${capital(name[offered])} ${parts.join(french ? ' et ' : ', and ')}.`];
  });
  if (allSaid) return sentences;
  const rest = french
    ? `${sentences.length === 0 ? 'Tous les canaux' : 'Les autres canaux'} vont ensemble, dans la limite des places libres du conseiller.`
    : `${sentences.length === 0 ? 'All channels' : 'All others'} go together, as far as the agent has free places.`;
  return [...sentences, rest];
}

/** When an agent counts as not responding. */
export function missesWords(missesMax: number, language: Language): string {
  if (language === 'fr') {
    return missesMax === 1
      ? 'Qui laisse passer une seule proposition est noté « Ne répond pas », et ne reçoit plus rien jusqu’à se dire de nouveau prêt.'
      : `Qui laisse passer ${missesMax} propositions de suite est noté « Ne répond pas », et ne reçoit plus rien jusqu’à se dire de nouveau prêt.`;
  }
  const offers = missesMax === 1 ? 'a single offer' : `${missesMax} offers in a row`;
  return `An agent who lets ${offers} pass counts as not responding, and is offered nothing until they say that they are ready again.`;
}
