import { createChannel } from '#src/channels/chat/index.ts';
import { createClient } from '#src/modules/clients/index.ts';
import { assessCompetency, createCompetency } from '#src/modules/competencies/index.ts';
import { createOutcome, createType, setCapacity } from '#src/modules/interactions/index.ts';
import { changePerson, personById } from '#src/modules/people/index.ts';
import type { Context } from '#src/platform/context.ts';
import type { Actor } from '#src/platform/identity/actor.ts';
import { isRefusal, type Refused } from '#src/platform/refusal.ts';

/** Common outcomes that every centre needs at least. */
const outcomes = [
  { code: 'solved', nameEn: 'Solved', nameFr: 'Résolu' },
  { code: 'not-solved', nameEn: 'Not solved', nameFr: 'Non résolu' },
  { code: 'no-answer-needed', nameEn: 'No answer needed', nameFr: 'Sans suite' },
  { code: 'spam', nameEn: 'Spam or test', nameFr: 'Indésirable ou essai' },
] as const;

/**
 * One click to a client one can try: everything a first conversation needs, with the asker as its competent agent. Only the
 * ordinary acts are used, so what it makes can be changed like all else. A second click makes a second one, with its own name.
 */
export async function makeReadyClient(
  ctx: Context,
  actor: Actor,
): Promise<Refused<{ clientId: string; channelKey: string; tryUrl: string }>> {
  const by = actor.personId;
  const number = actor.clients.length === 0 ? '' : ` ${actor.clients.length + 1}`;
  const name = `Atelier Brume${number}`;
  const client = await createClient(ctx, { name }, by);
  if (isRefusal(client)) return client;
  const clients = [...actor.clients, client.id];

  const competency = await createCompetency(
    ctx,
    {
      clientId: client.id,
      kind: 'client-specific',
      nameEn: `${name}: orders`,
      nameFr: `${name} : commandes`,
    },
    by,
  );
  if (isRefusal(competency)) return competency;
  const type = await createType(
    ctx,
    {
      clientId: client.id,
      channel: 'chat',
      nameEn: 'Orders',
      nameFr: 'Commandes',
      priority: 0,
      offerSeconds: 45,
      requires: [{ competencyId: competency.id, level: 1 }],
    },
    by,
  );
  if (isRefusal(type)) return type;
  for (const outcome of outcomes) {
    const made = await createOutcome(ctx, { clientId: null, ...outcome }, by);
    if (isRefusal(made) && made.refused !== 'outcome-code-taken') return made;
  }
  const channel = await createChannel(
    ctx,
    {
      clientId: client.id,
      typeId: type.id,
      key: client.slug,
      nameEn: `${name}, customer service`,
      nameFr: `${name}, service client`,
      chargesEn: 'Free, apart from your connection.',
      chargesFr: 'Gratuit, hors coût de votre connexion.',
      greetingEn: 'Hello! Tell us in a sentence what brings you here.',
      greetingFr: 'Bonjour ! Dites-nous en une phrase ce qui vous amène.',
      allowedOrigins: [],
      accent: '#7a3b12',
      open: true,
    },
    by,
  );
  if (isRefusal(channel)) return channel;

  const me = await personById(ctx.db.system, by);
  if (me !== undefined) {
    const changed = await changePerson(
      ctx,
      by,
      {
        roles: [...new Set([...me.roles, 'agent' as const])],
        clients: [...me.clients, client.id],
        version: me.version,
      },
      by,
      { act: (sql) => setCapacity(sql, by, { chat: 3 }), changed: ['capacity'] },
    );
    if (isRefusal(changed)) return changed;
    const assessed = await assessCompetency(
      ctx,
      {
        agentId: by,
        competencyId: competency.id,
        level: 5,
        assessedOn: ctx.clock.now().toISOString().slice(0, 10),
      },
      clients,
      by,
    );
    if (isRefusal(assessed)) return assessed;
  }
  return { clientId: client.id, channelKey: channel.key, tryUrl: `/try/${channel.key}` };
}
