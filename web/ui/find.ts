// Finding one of many by what is typed: words in any order, without regard to case, accents or what joins them.

export interface Choice {
  value: string;
  label: string;
  /** Told behind the label; found by it too. */
  second?: string;
}

/** Saint-Étienne and saint etienne are the same place. */
export function folded(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}+]+/gu, ' ')
    .trim();
}

/** Those in which each typed word begins a word; what begins with the first typed word stands first, else the order stays. */
export function found(choices: readonly Choice[], typed: string): Choice[] {
  const words = folded(typed)
    .split(' ')
    .filter((word) => word !== '');
  if (words.length === 0) return [...choices];
  const fits = choices
    .map((choice) => ({ choice, text: ` ${folded(`${choice.label} ${choice.second ?? ''}`)}` }))
    .filter(({ text }) => words.every((word) => text.includes(` ${word}`)));
  const first = fits.filter(({ text }) => text.startsWith(` ${words[0]}`));
  return [...first, ...fits.filter((one) => !first.includes(one))].map(({ choice }) => choice);
}
