import { z } from 'zod';
import type { ChannelRules, RoutingRules, TypeRouting } from './contract.ts';

// The shapes of what people tell the routing engine, with the limits of each figure.

const secondsMax = 30 * 86_400;
const seconds = z.number().int().min(0).max(secondsMax);
/** How long something is kept for an agent who is asked first. */
export const holdSeconds = z.number().int().min(1).max(3_600);
const level = z.number().int().min(1).max(5);

/** A type's settings. Nothing is filled in: what is absent asks for nothing. */
export const typeRouting = z
  .strictObject({
    targetSeconds: z.number().int().min(1).max(secondsMax).optional(),
    ageing: z
      .strictObject({
        everySeconds: z.number().int().min(1).max(secondsMax),
        by: z.number().int().min(1).max(100),
        atMost: z.number().int().min(1).max(200),
      })
      .optional(),
    bestLevelFirst: z.boolean().optional(),
    widening: z
      .strictObject({
        best: z
          .array(z.strictObject({ competencyId: z.uuid(), level }))
          .min(1)
          .max(20),
        steps: z
          .array(z.strictObject({ afterSeconds: seconds, lower: z.number().int().min(1).max(5) }))
          .min(1)
          .max(10),
      })
      .optional(),
    languageLevel: level.optional(),
    deferred: z.strictObject({ reserve: z.number().int().min(0).max(1_000) }).optional(),
    teams: z
      .array(z.strictObject({ teamIds: z.array(z.uuid()).min(1).max(50), afterSeconds: seconds }))
      .min(1)
      .max(10)
      .optional(),
    preferred: z
      .strictObject({ lastAgent: z.boolean(), agentId: z.uuid().optional(), holdSeconds })
      .optional(),
    autoAccept: z.boolean().optional(),
  })
  .meta({ id: 'TypeRouting' }) satisfies z.ZodType<TypeRouting>;

const beside = z.enum(['together', 'excluded', 'interrupts']);
const besides = {
  voice: beside.optional(),
  email: beside.optional(),
  chat: beside.optional(),
  messaging: beside.optional(),
};
export const channelRules = z
  .strictObject({
    voice: z.strictObject(besides).omit({ voice: true }).optional(),
    email: z.strictObject(besides).omit({ email: true }).optional(),
    chat: z.strictObject(besides).omit({ chat: true }).optional(),
    messaging: z.strictObject(besides).omit({ messaging: true }).optional(),
  })
  .meta({ id: 'ChannelRules' }) satisfies z.ZodType<ChannelRules>;
export const missesMax = z.number().int().min(1).max(20);

export const routingRules = z
  .object({ channels: channelRules, missesMax, version: z.number().int() })
  .meta({ id: 'RoutingRules' }) satisfies z.ZodType<RoutingRules>;
