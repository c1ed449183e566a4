import { createHmac, timingSafeEqual } from 'node:crypto';

/** Signs a visitor's session: what leaves the house and comes back must be ours. Anonymous: it names nobody. */
export function sessionToken(secret: string, sessionId: string): string {
  return `${sessionId}.${signature(secret, sessionId)}`;
}

/** The session a token speaks for, or nothing when we did not sign it. */
export function sessionOfToken(secret: string, token: string): string | undefined {
  const [id, signed] = token.split('.');
  if (id === undefined || signed === undefined || !/^[0-9a-f-]{36}$/.test(id)) return undefined;
  const expected = Buffer.from(signature(secret, id));
  const given = Buffer.from(signed);
  return given.length === expected.length && timingSafeEqual(given, expected) ? id : undefined;
}

function signature(secret: string, sessionId: string): string {
  return createHmac('sha256', secret).update(`chat-session\0${sessionId}`).digest('base64url');
}

/** An origin as a page's browser sends it: scheme, host and port, nothing else. */
export function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text && /^https?:/.test(text);
}

/** Whether a page of this origin may show the channel: Parley's own pages and those the client named. */
export function originAllowed(
  origin: string | undefined,
  { allowed, own }: { allowed: readonly string[]; own: readonly string[] },
): boolean {
  return origin !== undefined && (own.includes(origin) || allowed.includes(origin));
}

/** Why a channel cannot be opened: whom it speaks for and what it costs must be told before the first message (4.5-a, 4.5-c). */
export function whyNotOpen(channel: {
  nameEn: string;
  nameFr: string;
  chargesEn: string;
  chargesFr: string;
}): string | undefined {
  if (channel.nameEn.trim() === '' || channel.nameFr.trim() === '') return 'channel-without-name';
  if (channel.chargesEn.trim() === '' || channel.chargesFr.trim() === '') return 'channel-without-charges';
  return undefined;
}

/** Why a conversation cannot begin: the visitor was not told in the words the channel uses now. */
export function whyNotTold(
  told: { name: string; answeredBy: string; charges: string },
  channel: { names: readonly string[]; answeredBy: string; charges: readonly string[] },
): string | undefined {
  const fits =
    channel.names.includes(told.name) &&
    told.answeredBy === channel.answeredBy &&
    channel.charges.includes(told.charges);
  return fits ? undefined : 'not-told-before';
}
