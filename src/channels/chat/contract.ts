// What the widget and the office see of chat.

/** What a page may know of a channel before anybody wrote: whom we speak for, who answers, what it costs (4.5-a, 4.5-c). */
export interface PublicChannel {
  key: string;
  open: boolean;
  /** Outside the opening hours: what is told of it. */
  closedMessage?: { en: string; fr: string };
  name: { en: string; fr: string };
  clientName: string;
  /** The contact centre that answers; the client's own when it is the same. */
  answeredBy: string;
  charges: { en: string; fr: string };
  greeting: { en: string; fr: string };
  accent: string;
  limits: { messageLength: number };
}

export interface ChatChannel {
  id: string;
  clientId: string;
  typeId: string;
  key: string;
  nameEn: string;
  nameFr: string;
  chargesEn: string;
  chargesFr: string;
  greetingEn: string;
  greetingFr: string;
  /** Origins (scheme://host[:port]) whose pages may show the widget; Parley's own pages always may. */
  allowedOrigins: string[];
  accent: string;
  open: boolean;
  version: number;
}

/** Where a customer's browser stands: the last line it holds. */
export interface Position {
  interactionId: string;
  seq: number;
}

/**
 * One step of the conversation as the customer sees it. Within an interaction seq is gapless: steps that are not the
 * customer's business come as kind 'other', so that a missing one is always seen and fetched.
 */
export type CustomerStep = Position & { at: string } & (
    | {
        kind: 'line';
        author: 'customer' | 'agent' | 'system';
        name: string | null;
        text: string;
        key: string;
      }
    | { kind: 'state'; state: 'waiting' | 'with-agent' | 'ended'; name: string | null }
    | { kind: 'other' }
  );

/** Widget to server, over WebSocket /chat/live. The first frame is `open`. */
export type FromCustomer =
  | { do: 'open'; token: string; after?: Position }
  | { do: 'fetch'; after?: Position }
  | { do: 'say'; key: string; text: string }
  | { do: 'end'; key: string }
  | { do: 'ping' };

/** Server to widget. `more`: fetch again from the last step. */
export type ToCustomer =
  | { opened: true; open: boolean }
  | { steps: CustomerStep[]; more: boolean }
  | { said: string; interactionId: string; seq: number; at: string }
  | { refused: string | null; code: string; title: string; retryAfterSeconds?: number }
  | { ended: string }
  | { queue: { ahead: number } }
  | { pong: true };
