export { createNames } from './names.ts';
export {
  changePerson,
  createFirstAccount,
  createPerson,
  type PersonChange,
  type PersonDraft,
  personChanged,
  personCreated,
} from './people.ts';
export {
  agents,
  anyPerson,
  dropOldSessions,
  type PersonRow,
  peopleSeen,
  personById,
  personPage,
} from './queries.ts';
export { passwordLengthMax, passwordLengthMin } from './rules.ts';
export {
  type Actors,
  changeOwnPassword,
  createActors,
  openSession,
  signedOut,
  signIn,
  signOut,
} from './sign-in.ts';
