// The classical queue: Poisson arrivals, exponential handle times, one group of agents, one line in the order of arrival, and nobody
// who waits ever leaves. After Erlang (1917); the recursive form needs no factorials and stays exact for thousands of agents.

/** A line for one group of agents. Rates are per second, times in seconds. */
export interface Load {
  agents: number;
  /** Arrivals in a second, on average. */
  arrivalsPerSecond: number;
  /** Mean time an interaction keeps its agent, wrap-up included. */
  handleSeconds: number;
}

export interface QueueFigures {
  /** Share of all who find no agent free, 0 to 1. */
  waits: number;
  /** Mean wait of all, those who do not wait among them; Infinity when the line grows for ever. */
  meanWaitSeconds: number;
  /** Share of all answered within the time asked about. */
  answeredWithin: number;
  /** Share of the agents' time that is taken, 0 to 1. */
  occupancy: number;
}

/** Arrivals × handle time: how many agents would be busy on average if there were enough, in Erlang. */
export function erlangs({ arrivalsPerSecond, handleSeconds }: Omit<Load, 'agents'>): number {
  return arrivalsPerSecond * handleSeconds;
}

/** Erlang B: the share turned away where nobody can wait. `load` in Erlang. */
export function blockedShare(agents: number, load: number): number {
  let blocked = 1;
  for (let n = 1; n <= agents; n += 1) blocked = (load * blocked) / (n + load * blocked);
  return blocked;
}

/** Erlang C: the share that finds no agent free. 1 when there is more to do than agents can. `load` in Erlang. */
export function waitingShare(agents: number, load: number): number {
  if (load >= agents) return 1;
  const blocked = blockedShare(agents, load);
  return blocked / (1 - (load / agents) * (1 - blocked));
}

/** What Erlang C says of a line where nobody leaves; the service level is a share of all, within `withinSeconds` of arrival. */
export function erlangC(line: Load, withinSeconds: number): QueueFigures {
  const load = erlangs(line);
  const spare = line.agents - load;
  if (spare <= 0)
    return { waits: 1, meanWaitSeconds: Number.POSITIVE_INFINITY, answeredWithin: 0, occupancy: 1 };
  const waits = waitingShare(line.agents, load);
  return {
    waits,
    meanWaitSeconds: (waits * line.handleSeconds) / spare,
    answeredWithin: 1 - waits * Math.exp((-spare * withinSeconds) / line.handleSeconds),
    occupancy: load / line.agents,
  };
}
