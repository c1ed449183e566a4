/**
 * The life of an interaction: what may follow what. Types for states and acts come from this table, the database repeats the
 * states in a check, and nothing but `advance` changes a state.
 */
export const lifecycle = {
  waiting: {
    offer: 'offered',
    schedule: 'scheduled',
    abandon: 'abandoned',
    dismiss: 'closed',
    push: 'waiting',
    reorder: 'waiting',
    take: 'handling',
  },
  scheduled: { fallDue: 'waiting', cancel: 'closed' },
  offered: {
    accept: 'handling',
    decline: 'waiting',
    expire: 'waiting',
    loseAgent: 'waiting',
    abandon: 'abandoned',
    pull: 'waiting',
  },
  handling: { park: 'parked', transfer: 'waiting', loseAgent: 'waiting', end: 'wrapping' },
  parked: { resume: 'handling', release: 'waiting', end: 'wrapping' },
  wrapping: { complete: 'closed', reopen: 'handling', settle: 'closed' },
  closed: {},
  abandoned: {},
} as const;

export type State = keyof typeof lifecycle;
type ActsOf<S extends State> = keyof (typeof lifecycle)[S] & string;
export type Act = { [S in State]: ActsOf<S> }[State];

export const states = Object.keys(lifecycle) as State[];

/** In these an agent's slot is taken or held; in all others none is. */
export const statesWithSlot: readonly State[] = ['offered', 'handling', 'wrapping'];
/** In these an agent is named. */
export const statesWithAgent: readonly State[] = ['offered', 'handling', 'parked', 'wrapping'];
export const statesOver: readonly State[] = ['closed', 'abandoned'];

/** The state that an act leads to, or nothing when it may not follow. */
export function stateAfter(state: State, act: Act): State | undefined {
  return (lifecycle[state] as Partial<Record<Act, State>>)[act];
}

/** The states an act may start from. */
export function statesBefore(act: Act): State[] {
  return states.filter((state) => stateAfter(state, act) !== undefined);
}

/** What the log calls an act that happened. */
export const kindOf = {
  offer: 'interaction.offered',
  accept: 'interaction.accepted',
  decline: 'interaction.declined',
  expire: 'interaction.offer-expired',
  loseAgent: 'interaction.agent-lost',
  abandon: 'interaction.abandoned',
  dismiss: 'interaction.dismissed',
  schedule: 'interaction.scheduled',
  fallDue: 'interaction.fell-due',
  cancel: 'interaction.cancelled',
  park: 'interaction.parked',
  resume: 'interaction.resumed',
  release: 'interaction.released',
  transfer: 'interaction.transferred',
  push: 'interaction.pushed',
  reorder: 'interaction.reordered',
  take: 'interaction.taken',
  pull: 'interaction.pulled',
  end: 'interaction.ended',
  reopen: 'interaction.reopened',
  complete: 'interaction.completed',
  settle: 'interaction.settled',
} as const satisfies Record<Act, string>;

const freeing: ReadonlySet<string> = new Set(
  (Object.keys(kindOf) as Act[])
    .filter((act) =>
      statesBefore(act).some(
        (from) => statesWithSlot.includes(from) && !statesWithSlot.includes(stateAfter(from, act) as State),
      ),
    )
    .map((act) => kindOf[act]),
);

/** Whether an event of this kind that names an agent left a slot of theirs free. */
export function freesSlot(kind: string): boolean {
  return freeing.has(kind);
}
