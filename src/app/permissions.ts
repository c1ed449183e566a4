import type { PermissionTable } from '#src/platform/identity/permissions.ts';

const everybody = ['administrator', 'supervisor', 'agent'] as const;
const leaders = ['administrator', 'supervisor'] as const;
const office = ['administrator'] as const;
const desk = ['agent'] as const;

/**
 * Who may do what: one row for each route and each topic, checked on the server. Which client's data somebody sees is a second
 * question, asked of the clients they work for. What has no row is permitted to nobody; a test walks them all.
 */
export const permissions: PermissionTable = {
  'GET /healthz': 'anyone',
  'GET /readyz': 'anyone',
  'GET /metrics': 'anyone', // counts and times only; names nobody
  'GET /api/openapi.json': 'anyone',
  'GET /problems/:code': 'anyone',
  'GET /w.js': 'anyone',
  'GET /*': 'anyone', // the staff application's own files

  'GET /api/session': 'anyone',
  'POST /api/session': 'anyone',
  'DELETE /api/session': everybody,
  'PATCH /api/me': everybody,
  'POST /api/me/password': everybody,
  'POST /api/setup/first-account': 'anyone', // refused as soon as anybody has an account
  'POST /api/setup/ready-client': office,

  'GET /api/centre': everybody,
  'PUT /api/centre': office,
  'GET /api/clients': everybody,
  'POST /api/clients': office,
  'GET /api/clients/:id': everybody,
  'PATCH /api/clients/:id': office,

  'GET /api/people': leaders,
  'POST /api/people': office,
  'GET /api/people/:id': leaders,
  'PATCH /api/people/:id': office,
  'GET /api/people/:id/assessments': leaders,
  'POST /api/people/:id/assessments': office,
  'GET /api/people/:id/bars': leaders,
  'PUT /api/people/:id/bars/:typeId': office,
  'GET /api/competencies': everybody,
  'POST /api/competencies': office,
  'PATCH /api/competencies/:id': office,

  'GET /api/sites': everybody,
  'POST /api/sites': office,
  'PATCH /api/sites/:id': office,
  'GET /api/teams': everybody,
  'POST /api/teams': office,
  'GET /api/teams/:id': everybody,
  'PATCH /api/teams/:id': office,
  'GET /api/opening-hours': everybody,
  'POST /api/opening-hours': office,
  'GET /api/opening-hours/:id': everybody,
  'PATCH /api/opening-hours/:id': office,
  'DELETE /api/opening-hours/:id': office,
  'PUT /api/opening-hours/:id/exceptions/:day': office,
  'DELETE /api/opening-hours/:id/exceptions/:day': office,
  'PUT /api/opening-hours/:id/early-closing': leaders,
  'GET /api/holiday-regions': leaders, // a supervisor sees on which days it is closed
  'GET /api/holidays': leaders,

  'GET /api/routing-rules': everybody,
  'PUT /api/routing-rules': office,
  'GET /api/interaction-types': everybody,
  'POST /api/interaction-types': office,
  'PATCH /api/interaction-types/:id': office,
  'POST /api/interaction-types/:id/pause': leaders,
  'POST /api/interaction-types/:id/resume': leaders,
  'GET /api/outcomes': everybody,
  'POST /api/outcomes': office,
  'PATCH /api/outcomes/:id': office,
  'GET /api/chat-channels': leaders,
  'POST /api/chat-channels': office,
  'PATCH /api/chat-channels/:id': office,

  'PUT /api/presence': desk,
  'GET /api/presence': leaders,
  'GET /api/work': desk,
  'GET /api/floor': leaders,

  'GET /api/interactions': everybody,
  'GET /api/interactions/:id': everybody,
  'GET /api/interactions/:id/events': everybody,
  'GET /api/interactions/:id/decisions': everybody,
  'GET /api/interactions/:id/why': everybody,
  'POST /api/interactions/:id/accept': desk,
  'POST /api/interactions/:id/decline': desk,
  'POST /api/interactions/:id/messages': desk,
  'POST /api/interactions/:id/end': desk,
  'POST /api/interactions/:id/reopen': desk,
  'POST /api/interactions/:id/complete': desk,
  'POST /api/interactions/:id/park': desk,
  'POST /api/interactions/:id/resume': desk,
  'POST /api/interactions/:id/release': desk,
  'POST /api/interactions/:id/dismiss': leaders,
  'GET /api/interactions/:id/targets': everybody,
  'POST /api/interactions/:id/transfer': desk,
  'POST /api/interactions/:id/pull': leaders,
  'POST /api/interactions/:id/take': leaders,
  'POST /api/interactions/:id/push': leaders,
  'POST /api/interactions/:id/prefer': leaders,
  'POST /api/interactions/:id/reorder': leaders,
  'PATCH /api/customers/:id': desk,

  'GET /api/reactions': office,
  'POST /api/reactions/:reaction/streams/:stream/retry': office,
  'GET /api/invariants': office,
  'GET /api/jobs': office,
  'POST /api/jobs/:id/retry': office,
  'DELETE /api/jobs/:id': office,
  'GET /api/register': everybody,

  'GET /chat/channels/:key': 'anyone',
  'POST /chat/sessions': 'anyone',
  'GET /chat/steps': 'visitor',
  'POST /chat/messages': 'visitor',
  'POST /chat/end': 'visitor',
  'OPTIONS /chat/*': 'anyone',
  'GET /try/:key': 'anyone',

  'topic work': desk,
  'topic interaction': everybody,
};
