export {
  choosePresence,
  createPresenceKeeper,
  graceSeconds,
  lineChanged,
  loseLapsed,
  markNotResponding,
  offlineSince,
  type PresenceKeeper,
  presenceChanged,
  presenceView,
  renewalSeconds,
  signOffPresence,
} from './presence.ts';
export { heads, type PresenceRow } from './queries.ts';
