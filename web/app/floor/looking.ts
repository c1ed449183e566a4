import type { FloorInteraction, FloorSort } from '#src/app/contract.ts';
import type { Channel, InteractionState } from '#src/modules/interactions/contract.ts';
import type { Tone } from '#web/ui/icon.tsx';

// What the floor shows and what may be done to a row: decided here, shown in floor.tsx.

export const openStates = ['waiting', 'offered', 'handling', 'wrapping', 'parked', 'scheduled'] as const;
export const channels = ['voice', 'email', 'chat', 'messaging'] as const satisfies readonly Channel[];
export const sorts = ['waiting', 'breach', 'priority'] as const satisfies readonly FloorSort[];

/** The filters, the order and the opened row, as they stand in the address. */
export interface FloorSearch {
  client?: string;
  type?: string;
  channel?: Channel;
  state?: InteractionState;
  team?: string;
  sort?: FloorSort;
  open?: string;
}

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
const oneOf = <Word extends string>(words: readonly Word[], value: unknown) =>
  words.find((word) => word === value);

/** What an address asks for; what it cannot ask for is left out. */
export function floorSearch(search: Record<string, unknown>): FloorSearch {
  const { client, type, team, open } = search;
  const found = {
    client: text(client),
    type: text(type),
    channel: oneOf(channels, search.channel),
    state: oneOf<InteractionState>(openStates, search.state),
    team: text(team),
    sort: oneOf(sorts, search.sort),
    open: text(open),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

/** What the API is asked for. */
export function floorQuery({
  client,
  type,
  channel,
  state,
  team,
  sort,
}: FloorSearch): Record<string, string | undefined> {
  return { clientId: client, typeId: type, channel, state, teamId: team, sort };
}

export type FloorAct = 'push' | 'take' | 'reorder' | 'pull' | 'dismiss';

/**
 * The acts that the state of a row allows. Only an agent has places, so only who is one too can take it. What is offered is pushed and
 * taken in one act with taking the offer back.
 */
export function actsOn(state: InteractionState, { isAgent }: { isAgent: boolean }): FloorAct[] {
  if (state === 'waiting') return ['push', ...(isAgent ? (['take'] as const) : []), 'reorder', 'dismiss'];
  if (state === 'offered') return ['pull', 'push', ...(isAgent ? (['take'] as const) : [])];
  return [];
}

/**
 * How far it is to the breach of its target, in milliseconds (below 0: it is over), and how that looks: close once half of the time
 * is gone. Undefined where nothing is due.
 */
export function toBreach(
  { arrivedAt, breachAt }: Pick<FloorInteraction, 'arrivedAt' | 'breachAt'>,
  now: number,
): { ms: number; tone: Tone } | undefined {
  if (breachAt === null) return undefined;
  const ms = Date.parse(breachAt) - now;
  const whole = Date.parse(breachAt) - Date.parse(arrivedAt);
  return { ms, tone: ms <= 0 ? 'breached' : ms <= whole / 2 ? 'close' : 'in' };
}

/** The row to go to from one, by an arrow key; the ends hold. Undefined: the key moves nothing. */
export function rowAfter(
  ids: readonly string[],
  current: string | undefined,
  key: string,
): string | undefined {
  const at = current === undefined ? -1 : ids.indexOf(current);
  if (key === 'ArrowDown') return ids[Math.min(ids.length - 1, at + 1)];
  if (key === 'ArrowUp') return ids[Math.max(0, at - 1)];
  if (key === 'Home') return ids[0];
  return key === 'End' ? ids.at(-1) : undefined;
}

/** Who has the focus once the rows have changed: the same row, or the one that took its place. */
export function rowInPlace(
  ids: readonly string[],
  current: string | undefined,
  place: number,
): string | undefined {
  if (current !== undefined && ids.includes(current)) return current;
  return ids[Math.max(0, Math.min(place, ids.length - 1))];
}
