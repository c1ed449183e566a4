import type { RequirementId } from './requirements.ts';

// Written by `npm run register`. Change the scenarios, not this file.
export const scenariosShown: readonly {
  readonly ids: readonly RequirementId[];
  readonly sentence: string;
  readonly file: string;
}[] = [];
