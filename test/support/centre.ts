import { randomUUID } from 'node:crypto';
import { createChannel } from '#src/channels/chat/index.ts';
import { createClient } from '#src/modules/clients/index.ts';
import { assessCompetency, createCompetency } from '#src/modules/competencies/index.ts';
import { insertCustomer } from '#src/modules/customers/index.ts';
import {
  type Arrival,
  arriveInteraction,
  type Capacity,
  type Channel,
  createOutcome,
  createType,
  type InteractionRow,
  interactionById,
  setCapacity,
  type TypeDraft,
  type TypeRow,
} from '#src/modules/interactions/index.ts';
import { createPerson, type PersonRow } from '#src/modules/people/index.ts';
import { choosePresence } from '#src/modules/presence/index.ts';
import type { Context } from '#src/platform/context.ts';
import type { Role } from '#src/platform/identity/contract.ts';
import { newId } from '#src/platform/ids.ts';
import { isRefusal, type Refused } from '#src/platform/refusal.ts';

/** Whoever expects an act to succeed says so: a refusal ends the test with its name. */
export function done<Answer>(answer: Refused<Answer>): Answer {
  if (isRefusal(answer)) throw new Error(`refused: ${answer.refused} ${answer.detail ?? ''}`);
  return answer;
}

/** The name of the refusal, or undefined when the act was done. */
export function refusalOf(answer: unknown): string | undefined {
  return isRefusal(answer) ? answer.refused : undefined;
}

export const password = 'a password long enough';

export interface AgentOptions {
  name?: string;
  email?: string;
  roles?: readonly Role[];
  /** What they may hold at once; three chats unless told. */
  capacity?: Capacity;
  /** Level in the centre's competency, 5 unless told; undefined by `null`: never assessed. */
  level?: number | null;
  /** Present and on the line, unless told. */
  ready?: boolean;
  assessedOn?: string;
  validUntil?: string;
}

/**
 * A small contact centre with one client, made by the ordinary acts: a competency, a chat type that requires it, outcomes, an open
 * chat channel, an administrator, and as many competent agents as asked for, ready and on the line.
 */
export async function makeCentre(
  ctx: Context,
  {
    name = 'Atelier Brume',
    agents = 1,
    capacity = { chat: 3 },
    priority = 0,
    offerSeconds = 20,
  }: { name?: string; agents?: number; capacity?: Capacity; priority?: number; offerSeconds?: number } = {},
) {
  const client = done(await createClient(ctx, { name }));
  const clientId = client.id;
  const competency = done(
    await createCompetency(ctx, { clientId, kind: 'client-specific', nameEn: 'Orders', nameFr: 'Commandes' }),
  );
  const type = done(
    await createType(ctx, {
      clientId,
      channel: 'chat',
      nameEn: 'Orders',
      nameFr: 'Commandes',
      priority,
      offerSeconds,
      requires: [{ competencyId: competency.id, level: 2 }],
    }),
  );
  const outcome = done(
    await createOutcome(ctx, { clientId, code: 'solved', nameEn: 'Solved', nameFr: 'Résolu' }),
  );
  const channel = done(
    await createChannel(ctx, {
      clientId,
      typeId: type.id,
      key: client.slug,
      nameEn: `${name}, customer service`,
      nameFr: `${name}, service client`,
      chargesEn: 'Free, apart from your connection.',
      chargesFr: 'Gratuit, hors coût de votre connexion.',
      greetingEn: 'Hello!',
      greetingFr: 'Bonjour !',
      allowedOrigins: [],
      accent: '#7a3b12',
      open: true,
    }),
  );

  /** Another account of this client, an agent unless told. */
  async function addAgent({
    name = 'Agent',
    email = `${randomUUID()}@centre.example`,
    roles = ['agent'],
    capacity: own = capacity,
    level = 5,
    ready = true,
    assessedOn = today(ctx),
    validUntil,
  }: AgentOptions = {}): Promise<PersonRow> {
    const draft = { email, name, roles, language: 'en' as const, password, clients: [clientId] };
    const person = done(
      await createPerson(ctx, draft, undefined, (sql, personId) => setCapacity(sql, personId, own)),
    );
    if (level !== null) await assess(person.id, level, { assessedOn, validUntil });
    if (ready) await choosePresence(ctx, person.id, 'ready', true);
    return person;
  }

  /** Another type of the client that asks for the same competency. */
  async function addType(channel: Channel, draft: Partial<TypeDraft> = {}): Promise<TypeRow> {
    return done(
      await createType(ctx, {
        clientId,
        channel,
        nameEn: `Orders by ${channel}`,
        nameFr: `Commandes par ${channel}`,
        priority,
        offerSeconds,
        requires: [{ competencyId: competency.id, level: 2 }],
        ...draft,
      }),
    );
  }

  /** Says what an agent masters of the centre's competency, from today on unless told. */
  async function assess(
    agentId: string,
    level: number,
    { assessedOn = today(ctx), validUntil }: { assessedOn?: string; validUntil?: string } = {},
  ) {
    const assessing = {
      agentId,
      competencyId: competency.id,
      level,
      assessedOn,
      ...(validUntil === undefined ? {} : { validUntil }),
    };
    return done(await assessCompetency(ctx, assessing, [clientId]));
  }

  /** A customer writes for the first time. */
  async function arrive({
    text = 'Where is my order?',
    key = randomUUID(),
    threadId = newId(ctx.clock.now()),
    typeId = type.id,
    channel = 'chat',
    preferred,
    by = ctx,
  }: {
    text?: string;
    key?: string;
    threadId?: string;
    typeId?: string;
    channel?: Channel;
    preferred?: Arrival['preferred'];
    /** The node that receives it, if not the centre's first. */
    by?: Context;
  } = {}): Promise<InteractionRow> {
    const customerId = newId(ctx.clock.now());
    await insertCustomer(ctx.db.system, { id: customerId, clientId, language: 'en', at: ctx.clock.now() });
    const arrival = {
      threadId,
      clientId,
      typeId,
      customerId,
      channel,
      ...(preferred === undefined ? {} : { preferred }),
      language: 'en' as const,
      text,
      key,
    };
    const { interactionId } = done(await arriveInteraction(by, arrival));
    return (await interactionById(ctx.db.system, interactionId))!;
  }

  const people: PersonRow[] = [];
  for (let number = 1; number <= agents; number++) {
    // One after the other, and the clock stands still: all are idle since the same moment, told apart by their ids.
    people.push(await addAgent({ name: `Agent ${number}` }));
  }
  return {
    client,
    clients: [clientId],
    competency,
    type,
    outcome,
    channel,
    agents: people,
    addAgent,
    addType,
    assess,
    arrive,
  };
}

export type Centre = Awaited<ReturnType<typeof makeCentre>>;

/** The calendar day of the clock, as assessments name it. */
export function today(ctx: Pick<Context, 'clock'>): string {
  return ctx.clock.now().toISOString().slice(0, 10);
}
