import { eachOf, must } from './caller.ts';

export const administrator = { email: 'admin@centre.example', password: 'a password for the bench' };
const agentPassword = 'a password for an agent';
/** The page of the client's on which the widget stands. */
export const shopOrigin = 'https://shop.example';

export interface CentreAgent {
  id: string;
  name: string;
  email: string;
  cookie: string;
}

export interface Centre {
  channelKey: string;
  told: { name: string; answeredBy: string; charges: string };
  outcomeCode: string;
  agents: CentreAgent[];
}

/**
 * Makes a contact centre by the public interface alone, as an administrator would: one client, a chat type that requires a
 * competency, an outcome, an open channel, and agents who master it, signed in and not yet present.
 */
export async function setUpCentre(
  base: string,
  { agents, slots, offerSeconds }: { agents: number; slots: number; offerSeconds: number },
): Promise<Centre> {
  const cookie = await signIn(base, administrator);
  const post = async (path: string, body: unknown) =>
    (await must(base, `POST ${path}`, { cookie, body })).body;
  await must(base, 'PUT /api/centre', { cookie, body: { name: 'Centre under load' } });
  const client = await post('/api/clients', { name: 'Shop under load' });
  const competency = await post('/api/competencies', {
    clientId: client.id,
    kind: 'communication',
    nameEn: 'Written conversation',
    nameFr: 'Conversation écrite',
  });
  const type = await post('/api/interaction-types', {
    clientId: client.id,
    channel: 'chat',
    nameEn: 'Chat',
    nameFr: 'Tchat',
    priority: 0,
    offerSeconds,
    requires: [{ competencyId: competency.id, level: 2 }],
  });
  const outcome = await post('/api/outcomes', {
    clientId: client.id,
    code: 'resolved',
    nameEn: 'Resolved',
    nameFr: 'Résolu',
  });
  const channel = await post('/api/chat-channels', {
    clientId: client.id,
    typeId: type.id,
    key: 'shop',
    nameEn: 'Shop, customer service',
    nameFr: 'Boutique, service client',
    chargesEn: 'Free.',
    chargesFr: 'Gratuit.',
    allowedOrigins: [shopOrigin],
    open: true,
  });
  const today = new Date().toISOString().slice(0, 10);
  // Passwords are hashed slowly on purpose: as many at once as the machine has use for.
  const made = await eachOf(Array.from({ length: agents }), 4, async (_, index) => {
    const name = `Agent ${index + 1}`;
    const email = `agent-${index + 1}@centre.example`;
    const person = await post('/api/people', {
      email,
      name,
      roles: ['agent'],
      language: 'en',
      password: agentPassword,
      clients: [client.id],
      capacity: { chat: slots },
    });
    await post(`/api/people/${person.id}/assessments`, {
      competencyId: competency.id,
      level: 3,
      assessedOn: today,
    });
    return {
      id: person.id as string,
      name,
      email,
      cookie: await signIn(base, { email, password: agentPassword }),
    };
  });
  const { body: shown } = await must(base, `GET /chat/channels/${channel.key}`, { origin: shopOrigin });
  return {
    channelKey: channel.key,
    told: { name: shown.name.en, answeredBy: shown.answeredBy, charges: shown.charges.en },
    outcomeCode: outcome.code,
    agents: made,
  };
}

async function signIn(base: string, body: { email: string; password: string }): Promise<string> {
  const { cookie } = await must(base, 'POST /api/session', { body });
  if (cookie === undefined) throw new Error('signing in brought no session');
  return cookie;
}
