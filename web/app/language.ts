import { i18n } from '@lingui/core';
import { useLingui } from '@lingui/react';
import type { Language } from '#web/ui/time.ts';
import { preferences } from './preferences.ts';

const catalogues = {
  en: () => import('./languages/en.po'),
  fr: () => import('./languages/fr.po'),
};

/** The language before anybody said which: the one chosen here, else the browser's. */
export function firstLanguage(): Language {
  return preferences().language ?? (navigator.language.toLowerCase().startsWith('fr') ? 'fr' : 'en');
}

/** Speaks this language from now on, everywhere at once. */
export async function speak(language: Language): Promise<void> {
  if (i18n.locale === language) return;
  const { messages } = await catalogues[language]();
  i18n.loadAndActivate({ locale: language, messages });
  document.documentElement.lang = language;
}

export function useLanguage(): Language {
  return useLingui().i18n.locale === 'fr' ? 'fr' : 'en';
}

/** The name in the reader's language of what carries both. */
export function nameIn(language: Language, named: { nameEn: string; nameFr: string }): string {
  return (language === 'fr' ? named.nameFr : named.nameEn) || named.nameEn || named.nameFr;
}
