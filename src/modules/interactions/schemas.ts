import { z } from 'zod';
import { isKeepable, unkeepableWhy } from '#src/platform/keepable.ts';
import type {
  AgentBar,
  DecisionView,
  Interaction,
  InteractionEvent,
  InteractionType,
  Outcome,
  TransferTargets,
} from './contract.ts';
import { states } from './lifecycle.ts';
import { typeRouting } from './routing-settings.ts';

export const channel = z.enum(['voice', 'email', 'chat', 'messaging']);
export const state = z.enum(states as [(typeof states)[number], ...(typeof states)[number][]]);
const language = z.string().regex(/^[a-z]{2,3}$/);
const moment = z.iso.datetime();

export const interaction = z
  .object({
    id: z.uuid(),
    clientId: z.uuid(),
    clientName: z.string(),
    typeId: z.uuid(),
    typeNameEn: z.string(),
    typeNameFr: z.string(),
    channel,
    customerId: z.uuid(),
    customerName: z.string().nullable(),
    threadId: z.uuid(),
    language,
    state,
    agentId: z.uuid().nullable(),
    agentName: z.string().nullable(),
    handledBy: z.uuid().nullable(),
    seq: z.number().int(),
    priority: z.number().int(),
    arrivedAt: moment,
    stateSince: moment,
    dueAt: moment.nullable(),
    offerUntil: moment.nullable(),
    outcomeCode: z.string().nullable(),
    unread: z.boolean(),
    toTeamId: z.uuid().nullable(),
    toAgentId: z.uuid().nullable(),
    toUntil: moment.nullable(),
    preferredAgentId: z.uuid().nullable(),
    preferredUntil: moment.nullable(),
    preferredWhy: z.enum(['case-owner', 'last-agent', 'named']).nullable(),
    interruptedBy: z.uuid().nullable(),
    closedAt: moment.nullable(),
  })
  .meta({ id: 'Interaction' }) satisfies z.ZodType<Interaction>;

export const interactionEvent = z
  .object({
    seq: z.number().int(),
    kind: z.string(),
    at: moment,
    body: z.record(z.string(), z.unknown()),
    names: z.record(z.string(), z.string()).optional(),
    message: z
      .object({
        author: z.enum(['customer', 'agent', 'system']),
        agentId: z.uuid().nullable(),
        agentName: z.string().nullable(),
        audience: z.enum(['all', 'staff']),
        text: z.string(),
        key: z.string(),
      })
      .optional(),
  })
  .meta({ id: 'InteractionEvent' }) satisfies z.ZodType<InteractionEvent>;

export const decision = z
  .object({
    interactionId: z.uuid(),
    seq: z.number().int(),
    agentId: z.uuid(),
    at: moment,
    epoch: z.number().int(),
    why: z.record(z.string(), z.unknown()),
    names: z.record(z.string(), z.string()),
  })
  .meta({ id: 'Decision' }) satisfies z.ZodType<DecisionView>;

export const interactionType = z
  .object({
    id: z.uuid(),
    clientId: z.uuid(),
    channel,
    nameEn: z.string(),
    nameFr: z.string(),
    priority: z.number().int(),
    offerSeconds: z.number().int(),
    requires: z.array(z.object({ competencyId: z.uuid(), level: z.number().int() })),
    routing: typeRouting,
    hoursId: z.uuid().nullable(),
    paused: z
      .object({ at: moment, until: moment.nullable(), by: z.uuid().nullable(), reason: z.string() })
      .nullable(),
    active: z.boolean(),
    version: z.number().int(),
  })
  .meta({ id: 'InteractionType' }) satisfies z.ZodType<InteractionType>;

export const outcome = z
  .object({
    id: z.uuid(),
    clientId: z.uuid().nullable(),
    code: z.string(),
    nameEn: z.string(),
    nameFr: z.string(),
    active: z.boolean(),
  })
  .meta({ id: 'Outcome' }) satisfies z.ZodType<Outcome>;

export const agentBars = z
  .object({
    items: z.array(
      z.object({
        typeId: z.uuid(),
        clientId: z.uuid(),
        typeNameEn: z.string(),
        typeNameFr: z.string(),
        source: z.string(),
        reason: z.string(),
        note: z.string().nullable(),
        since: moment,
        by: z.uuid().nullable(),
      }),
    ),
  })
  .meta({ id: 'AgentBars' }) satisfies z.ZodType<{ items: AgentBar[] }>;

const named = z.object({ id: z.uuid(), nameEn: z.string(), nameFr: z.string() });
export const transferTargets = z
  .object({
    types: z.array(named),
    teams: z.array(named),
    agents: z.array(z.object({ id: z.uuid(), name: z.string() })),
    more: z.boolean(),
    cannot: z.object({
      teams: z.array(named.extend({ why: z.string() })),
      agents: z.array(z.object({ id: z.uuid(), name: z.string(), why: z.string() })),
    }),
  })
  .meta({ id: 'TransferTargets' }) satisfies z.ZodType<TransferTargets>;

export const lineLengthMax = 4_000;
export const lineKey = z.string().min(8).max(64).refine(isKeepable, unkeepableWhy);
// Half an emoji, cut off by whatever sent it, is no reason to refuse what a customer says.
export const lineText = z
  .string()
  .overwrite((text) => text.toWellFormed())
  .trim()
  .min(1)
  .max(lineLengthMax)
  .refine(isKeepable, unkeepableWhy);
