import './refusals.ts';

export { closeEarly } from './close-early.ts';
export { holidayPool } from './holidays.ts';
export {
  changeHours,
  closedHours,
  createHours,
  exceptDay,
  type HoursNow,
  hoursChanged,
  hoursNow,
  removeHours,
  unexceptDay,
} from './opening-hours.ts';
export { activeTeams, hoursSeen, type TeamRow, teamById, teamNames, teamPage, teamsOf } from './queries.ts';
export { organisationRoutes } from './routes.ts';
export { changeSite, createSite, siteChanged } from './sites.ts';
export { changeTeam, createTeam, teamChanged } from './teams.ts';
