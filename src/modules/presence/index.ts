export {
  choosePresence,
  createPresenceKeeper,
  graceSeconds,
  lineChanged,
  markNotResponding,
  offlineSince,
  type PresenceKeeper,
  presenceChanged,
  presenceView,
  renewalSeconds,
  signOffPresence,
} from './presence.ts';
export { heads, type PresenceRow, presentHeads } from './queries.ts';
