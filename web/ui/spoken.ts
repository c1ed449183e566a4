import type { Language } from './time.ts';

const names = {
  en: new Intl.DisplayNames('en', { type: 'language' }),
  fr: new Intl.DisplayNames('fr', { type: 'language' }),
};

/** What a language is called in the reader's: `de` is German or allemand. A code that has no name stays what it is. */
export function spokenName(code: string, reader: Language): string {
  return names[reader].of(code) ?? code;
}
