import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Navigate,
} from '@tanstack/react-router';
import { floorSearch } from './floor/looking.ts';
import { Gate } from './gate.tsx';
import { usePerson, useSessionQuery } from './session.ts';

// One application: an offer rings wherever one is, and moving between places does not tear the live line.

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);

const root = createRootRouteWithContext<{ queries: QueryClient }>()({
  component: Gate,
  notFoundComponent: Start,
});

/** Where somebody begins: a new administrator by making a client, agents at the desk, supervisors on the floor, others in the office. */
function Start() {
  const session = useSessionQuery().data;
  const { roles } = usePerson();
  if (session?.needsFirstClient && roles.includes('administrator')) return <Navigate to="/setup" replace />;
  if (roles.includes('agent')) return <Navigate to="/desk" replace />;
  return <Navigate to={roles.includes('administrator') ? '/office' : '/floor'} replace />;
}

const start = createRoute({ getParentRoute: () => root, path: '/', component: Start });
const signIn = createRoute({ getParentRoute: () => root, path: '/sign-in', component: Start });
const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  component: lazyRouteComponent(() => import('./start/ready-client.tsx'), 'ReadyClient'),
});
const desk = createRoute({
  getParentRoute: () => root,
  path: '/desk',
  validateSearch: (search: Record<string, unknown>): { open?: string } => {
    const open = text(search.open);
    return open === undefined ? {} : { open };
  },
  component: lazyRouteComponent(() => import('./desk/desk.tsx'), 'Desk'),
});

const floor = createRoute({
  getParentRoute: () => root,
  path: '/floor',
  validateSearch: floorSearch,
  component: lazyRouteComponent(() => import('./floor/floor.tsx'), 'FloorPage'),
});

const office = createRoute({
  getParentRoute: () => root,
  path: '/office',
  component: lazyRouteComponent(() => import('./office/office.tsx'), 'Office'),
});
const officeStart = createRoute({
  getParentRoute: () => office,
  path: '/',
  component: lazyRouteComponent(() => import('./office/office.tsx'), 'OfficeStart'),
});
const interactions = createRoute({
  getParentRoute: () => office,
  path: 'interactions',
  validateSearch: (search: Record<string, unknown>): { state?: string; client?: string } => ({
    state: text(search.state),
    client: text(search.client),
  }),
  component: lazyRouteComponent(() => import('./office/interactions.tsx'), 'Interactions'),
});
const interaction = createRoute({
  getParentRoute: () => office,
  path: 'interactions/$id',
  component: lazyRouteComponent(() => import('./office/interaction.tsx'), 'InteractionRecord'),
});
const presence = createRoute({
  getParentRoute: () => office,
  path: 'presence',
  component: lazyRouteComponent(() => import('./office/presence.tsx'), 'PresenceList'),
});
const conformity = createRoute({
  getParentRoute: () => office,
  path: 'conformity',
  validateSearch: (search: Record<string, unknown>): { clause?: string; open?: string } => ({
    clause: text(search.clause),
    open: text(search.open),
  }),
  component: lazyRouteComponent(() => import('./office/conformity.tsx'), 'Conformity'),
});
const reactions = createRoute({
  getParentRoute: () => office,
  path: 'reactions',
  component: lazyRouteComponent(() => import('./office/reactions.tsx'), 'Reactions'),
});
const jobs = createRoute({
  getParentRoute: () => office,
  path: 'jobs',
  component: lazyRouteComponent(() => import('./office/jobs.tsx'), 'Jobs'),
});
const invariants = createRoute({
  getParentRoute: () => office,
  path: 'routing-checks',
  component: lazyRouteComponent(() => import('./office/invariants.tsx'), 'Invariants'),
});
const centre = createRoute({
  getParentRoute: () => office,
  path: 'centre',
  component: lazyRouteComponent(() => import('./office/centre.tsx'), 'CentreRecord'),
});

const channelRules = createRoute({
  getParentRoute: () => office,
  path: 'channel-rules',
  component: lazyRouteComponent(() => import('./office/channel-rules.tsx'), 'ChannelRulesRecord'),
});

const list = <Path extends string>(path: Path, load: () => Promise<Record<string, unknown>>, name: string) =>
  createRoute({
    getParentRoute: () => office,
    path,
    validateSearch: (search: Record<string, unknown>): { client?: string } => {
      const client = text(search.client);
      return client === undefined ? {} : { client };
    },
    component: lazyRouteComponent(load as () => Promise<Record<string, () => React.ReactNode>>, name),
  });
const clients = () => import('./office/clients.tsx');
const people = () => import('./office/people.tsx');
const competencies = () => import('./office/competencies.tsx');
const types = () => import('./office/types.tsx');
const outcomes = () => import('./office/outcomes.tsx');
const channels = () => import('./office/channels.tsx');
const sites = () => import('./office/sites.tsx');
const teams = () => import('./office/teams.tsx');
const hours = () => import('./office/hours.tsx');

const tree = root.addChildren([
  start,
  signIn,
  setup,
  desk,
  floor,
  office.addChildren([
    officeStart,
    interactions,
    interaction,
    presence,
    conformity,
    reactions,
    jobs,
    invariants,
    centre,
    channelRules,
    list('sites', sites, 'Sites'),
    list('sites/$id', sites, 'SiteRecord'),
    list('teams', teams, 'Teams'),
    list('teams/$id', teams, 'TeamRecord'),
    list('hours', hours, 'Hours'),
    list('hours/$id', hours, 'HoursRecord'),
    list('clients', clients, 'Clients'),
    list('clients/$id', clients, 'ClientRecord'),
    list('people', people, 'People'),
    list('people/$id', people, 'PersonRecord'),
    list('competencies', competencies, 'Competencies'),
    list('competencies/$id', competencies, 'CompetencyRecord'),
    list('types', types, 'Types'),
    list('types/$id', types, 'TypeRecord'),
    list('outcomes', outcomes, 'Outcomes'),
    list('outcomes/$id', outcomes, 'OutcomeRecord'),
    list('channels', channels, 'Channels'),
    list('channels/$id', channels, 'ChannelRecord'),
  ]),
]);

export function makeRouter(queries: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { queries },
    defaultPreload: false,
    scrollRestoration: true,
    // Addresses that a person can read and write: ?clause=7.2, without quotes around it.
    parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
    stringifySearch: (search) => {
      const set = Object.entries(search).filter(([, value]) => value !== undefined && value !== '');
      return set.length === 0
        ? ''
        : `?${new URLSearchParams(set.map(([name, value]) => [name, String(value)]))}`;
    },
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
