import { formatter } from '@lingui/format-po';

// English stands in the source; French in its catalogue, which is complete or the build fails.
export default {
  sourceLocale: 'en',
  locales: ['en', 'fr'],
  rootDir: import.meta.dirname,
  catalogs: [{ path: '<rootDir>/languages/{locale}', include: ['<rootDir>', '<rootDir>/../ui'] }],
  // Without line numbers a catalogue changes only when words do.
  format: formatter({ lineNumbers: false, printPlaceholdersInComments: false }),
  orderBy: 'message' as const,
};
