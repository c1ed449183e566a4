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
    prefer: 'waiting',
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
  handling: {
    park: 'parked',
    interrupt: 'parked',
    transfer: 'waiting',
    loseAgent: 'waiting',
    end: 'wrapping',
  },
  parked: { resume: 'handling', release: 'waiting', end: 'wrapping' },
  wrapping: { complete: 'closed', reopen: 'handling', settle: 'closed' },
  closed: {},
  abandoned: {},
} as const;

export type State = keyof typeof lifecycle;
type ActsOf<S extends State> = keyof (typeof lifecycle)[S] & string;
export type Act = { [S in State]: ActsOf<S> }[State];

export const states = Object.keys(lifecycle) as State[];

/** In these an agent's slot is taken or held; in all others none is, but for what was interrupted: its slot is kept while it is parked. */
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
  interrupt: 'interaction.interrupted',
  resume: 'interaction.resumed',
  release: 'interaction.released',
  transfer: 'interaction.transferred',
  push: 'interaction.pushed',
  reorder: 'interaction.reordered',
  prefer: 'interaction.preferred',
  take: 'interaction.taken',
  pull: 'interaction.pulled',
  end: 'interaction.ended',
  reopen: 'interaction.reopened',
  complete: 'interaction.completed',
  settle: 'interaction.settled',
} as const satisfies Record<Act, string>;

/** Whether the act takes a slot for an interaction that has none. */
export function takesSlot(act: Act): boolean {
  return statesBefore(act).some((from) => !statesWithSlot.includes(from) && leadsToSlot(from, act));
}

/** Whether the act leaves no slot behind: it frees the one there was. What is interrupted keeps its own, and gives it back if released. */
export function freesSlotOf(act: Act): boolean {
  if (act === 'interrupt') return false;
  return (
    act === 'release' ||
    statesBefore(act).some((from) => statesWithSlot.includes(from) && !leadsToSlot(from, act))
  );
}

function leadsToSlot(from: State, act: Act): boolean {
  return statesWithSlot.includes(stateAfter(from, act) as State);
}

// A release frees a slot only of what was interrupted; whoever counts idleness reads that from the record.
const freeing: ReadonlySet<string> = new Set(
  (Object.keys(kindOf) as Act[])
    .filter((act) => act !== 'release' && freesSlotOf(act))
    .map((act) => kindOf[act]),
);

/** Whether an event of this kind that names an agent left a slot of theirs free. */
export function freesSlot(kind: string): boolean {
  return freeing.has(kind);
}
