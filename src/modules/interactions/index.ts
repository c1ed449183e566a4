import './refusals.ts';

export { type Advance, type Advanced, acts, advance, advanceStatement, type Fence } from './advance.ts';
export { type Arrival, arriveInteraction } from './arrive-interaction.ts';
export {
  type Bar,
  barByHand,
  barredByHand,
  barsChanged,
  barsOf,
  byHand,
  setBars,
} from './bars.ts';
export { type Capacity, capacityMax, capacityOf, channels, setCapacity, slotsOf } from './capacity.ts';
export { completeInteraction, dismissInteraction } from './complete-interaction.ts';
export type { Beside, Channel, ChannelRules, PreferredWhy, RoutingRules, TypeRouting } from './contract.ts';
export * from './events.ts';
export {
  type Acting,
  acceptInteraction,
  declineInteraction,
  endExchange,
  parkInteraction,
  releaseInteraction,
  reopenExchange,
  resumeInteraction,
} from './handle-interaction.ts';
export { leaveParked } from './leave-parked.ts';
export {
  type Act,
  freesSlot,
  kindOf,
  lifecycle,
  type State,
  stateAfter,
  states,
  statesBefore,
  statesOver,
  statesWithAgent,
  statesWithSlot,
} from './lifecycle.ts';
export { whoMayTake } from './may-take.ts';
export {
  preferInteraction,
  preferredSeconds,
  pullInteraction,
  pushInteraction,
  reorderInteraction,
  takeInteraction,
} from './move-interaction.ts';
export { createOutcome, outcomeAllowed } from './outcomes.ts';
export { isPaused, pauseType, resumeType } from './pause-type.ts';
export {
  agentsWithWork,
  type DecisionAtRow,
  type DecisionRow,
  decisionsAt,
  decisionsOf,
  decisionsOfRun,
  decisionsWithoutRun,
  dropOldKeys,
  type EventRow,
  eventsAfter,
  type FloorFilter,
  floorCounts,
  floorPage,
  headsOfInteractions,
  interactionById,
  interactionsByIds,
  interactionsHeldBy,
  keyTaken,
  messagesAt,
  openCount,
  openInteractionOfThread,
  openInteractions,
  openInteractionsAfter,
  slotsTaken,
  threadEventsAfter,
  waitingPerClient,
  waitingPlaces,
  workOf,
} from './queries.ts';
export {
  abandonInteraction,
  bringBackDue,
  bringBackInterrupted,
  bringBackUnread,
  endByCustomer,
  notRecorded,
  returnWork,
} from './return-work.ts';
export { interactionRoutes } from './routes.ts';
export {
  changeRoutingRules,
  missesSince,
  routingRulesChanged,
  routingRulesChangedAt,
  routingRulesNow,
} from './routing-rules.ts';
export type { InteractionRow } from './row.ts';
export {
  channel as channelSchema,
  interaction as interactionSchema,
  lineKey as lineKeySchema,
  lineLengthMax,
  lineText,
  state as interactionState,
} from './schemas.ts';
export { keptMs, transferInteraction } from './transfer-interaction.ts';
export {
  allTypes,
  changeType,
  createType,
  type TypeDraft,
  type TypeRow,
  typeById,
  typeChanged,
} from './types.ts';
export {
  eventView,
  interactionView,
  inWorkOrder,
  type Names,
  namesIn,
  peopleInWhy,
  whySeen,
  workItemAfter,
  workItemView,
} from './views.ts';
export {
  type CommittedLine,
  createLineWriter,
  type Line,
  type LineWriter,
  lineKey,
  type Written,
} from './write-line.ts';
