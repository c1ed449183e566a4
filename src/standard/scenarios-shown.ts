import type { RequirementId } from './requirements.ts';

// Written by `npm run register`. Change the scenarios, not this file.
export const scenariosShown: readonly {
  readonly ids: readonly RequirementId[];
  readonly sentence: string;
  readonly file: string;
}[] = [
  {
    ids: ['4.1-c', '4.5-a', '4.5-c', '6.3.1-a', '7.2-b'],
    sentence:
      'a customer writes on a client’s page, a competent agent answers and completes it, and the record proves each step',
    file: 'test/browser/main-job.test.ts',
  },
  {
    ids: ['4.1-c'],
    sentence:
      'what a customer was told has arrived is answered, though the program is killed before anybody could',
    file: 'test/scenarios/dependable.test.ts',
  },
  {
    ids: ['6.3.1-a'],
    sentence:
      'an agent who does not master a type is never offered it, and the decision says who could not take it and why',
    file: 'test/scenarios/mastery.test.ts',
  },
  {
    ids: ['6.4-a'],
    sentence:
      'an assessment counts for a year at most, and from the day it lapses its agent is offered nothing that needs it until assessed again',
    file: 'test/scenarios/mastery.test.ts',
  },
  {
    ids: ['6.3.4-d'],
    sentence:
      'what a customer writes is offered only to who masters their language at the level required, and nobody can give it to another by hand',
    file: 'test/scenarios/mastery.test.ts',
  },
  {
    ids: ['7.2-b'],
    sentence: 'every contact can be traced from its arrival to its outcome, step by step and without a gap',
    file: 'test/scenarios/record.test.ts',
  },
  {
    ids: ['7.2-b'],
    sentence:
      'a contact is not closed without an outcome, by nobody; one whose agent is lost in wrap-up says that nothing was recorded',
    file: 'test/scenarios/record.test.ts',
  },
  {
    ids: ['4.5-a', '4.5-c'],
    sentence:
      'before a customer can write they are told for whom we answer, who answers and what it costs, in their language, and the record keeps the words',
    file: 'test/scenarios/told-before-contact.test.ts',
  },
  {
    ids: ['4.5-a', '4.5-c'],
    sentence:
      'a channel that does not say whom it speaks for or what it costs does not open, and nobody begins on words that are out of date',
    file: 'test/scenarios/told-before-contact.test.ts',
  },
];
