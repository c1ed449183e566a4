import { z } from 'zod';
import { event } from '#src/platform/events/event.ts';

// What the log says of an interaction. Every body that concerns an agent names the agent.
const byAgent = z.object({ agentId: z.uuid() });
const perhapsByAgent = z.object({ agentId: z.uuid().optional() });

export const interactionArrived = event(
  'interaction.arrived',
  z.object({
    typeId: z.uuid(),
    channel: z.string(),
    customerId: z.uuid(),
    language: z.string(),
    /** What the customer was told before they wrote, in the words they read (4.5-a, 4.5-c). */
    told: z.record(z.string(), z.string()).optional(),
    pageUrl: z.string().optional(),
  }),
);
/** A line of the conversation; its words are in the message on the same stream and seq. */
export const lineWritten = event(
  'interaction.line',
  z.object({
    author: z.enum(['customer', 'agent', 'system']),
    agentId: z.uuid().optional(),
    audience: z.enum(['all', 'staff']),
  }),
);

/** `interrupts`: what would give way at the moment of the decision. */
export const interactionOffered = event(
  'interaction.offered',
  byAgent.extend({ interrupts: z.array(z.uuid()).optional() }),
);
/** What the agent was handling that gave way: parked by the same act. */
const interrupting = { interrupts: z.array(z.uuid()).optional() };
export const interactionAccepted = event('interaction.accepted', byAgent.extend(interrupting));
export const offerDeclined = event('interaction.declined', byAgent.extend({ reason: z.string().optional() }));
export const offerExpired = event('interaction.offer-expired', byAgent);
export const agentLost = event('interaction.agent-lost', byAgent.extend({ reason: z.string() }));
export const interactionAbandoned = event(
  'interaction.abandoned',
  perhapsByAgent.extend({ reason: z.string() }),
);
export const interactionDismissed = event(
  'interaction.dismissed',
  z.object({ by: z.uuid().optional(), outcomeCode: z.string() }),
);
export const interactionScheduled = event(
  'interaction.scheduled',
  z.object({ by: z.uuid().optional(), dueAt: z.string() }),
);
export const interactionFellDue = event('interaction.fell-due', z.object({}));
export const scheduleCancelled = event(
  'interaction.cancelled',
  z.object({ by: z.uuid().optional(), outcomeCode: z.string() }),
);
export const interactionParked = event(
  'interaction.parked',
  byAgent.extend({ dueAt: z.string().optional(), reason: z.string().optional() }),
);
/** Parked by what the agent took up in its place (`by`): its slot is kept, and it comes back after that. */
export const interactionInterrupted = event(
  'interaction.interrupted',
  byAgent.extend({ by: z.uuid().optional() }),
);
export const interactionResumed = event(
  'interaction.resumed',
  byAgent.extend({
    ...interrupting,
    /** It came back by itself, after that interaction; none: the agent took it up. */
    why: z.literal('interruption-over').optional(),
    after: z.uuid().optional(),
  }),
);
export const interactionReleased = event(
  'interaction.released',
  byAgent.extend({ reason: z.string().optional() }),
);
export const interactionTransferred = event(
  'interaction.transferred',
  byAgent.extend({
    reason: z.string(),
    /** Of these, one: the type it became, the team or the agent it went to. */
    typeId: z.uuid().optional(),
    toTeamId: z.uuid().optional(),
    toAgentId: z.uuid().optional(),
    /** Until when nobody else is asked. */
    until: z.string().optional(),
    /** The agent is asked first, if they are there, and anybody after them. */
    thenAnybody: z.literal(true).optional(),
  }),
);
// What a supervisor does to the order of things, always with a reason.
const bySupervisor = z.object({ by: z.uuid(), reason: z.string() });
export const interactionPushed = event(
  'interaction.pushed',
  bySupervisor.extend({
    toTeamId: z.uuid().optional(),
    toAgentId: z.uuid().optional(),
    until: z.string(),
  }),
);
export const interactionReordered = event(
  'interaction.reordered',
  bySupervisor.extend({ priority: z.number(), from: z.number() }),
);
/** Kept for an agent first, if they are there; for anybody after them. */
export const agentPreferred = event(
  'interaction.preferred',
  bySupervisor.extend({ toAgentId: z.uuid(), until: z.string(), thenAnybody: z.literal(true) }),
);
/** Taken back from the agent to whom it was offered. */
export const offerPulled = event('interaction.pulled', bySupervisor.extend({ agentId: z.uuid() }));
/** Taken out of the line by who handles it now. */
export const interactionTaken = event(
  'interaction.taken',
  z.object({ agentId: z.uuid(), reason: z.string(), ...interrupting }),
);
export const exchangeEnded = event(
  'interaction.ended',
  byAgent.extend({ by: z.enum(['agent', 'customer']) }),
);
/** The customer ended what the agent has parked and has no place free for: it ends when the agent resumes it. */
export const customerLeft = event('interaction.customer-left', byAgent);
export const exchangeReopened = event(
  'interaction.reopened',
  byAgent.extend({ by: z.enum(['agent', 'customer']) }),
);
export const interactionCompleted = event(
  'interaction.completed',
  byAgent.extend({ outcomeCode: z.string(), note: z.string().optional() }),
);
export const interactionSettled = event(
  'interaction.settled',
  byAgent.extend({ outcomeCode: z.string(), reason: z.string() }),
);
