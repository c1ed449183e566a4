// What browsers see of mail.

/** What becomes of an inbound item; each has one. */
export type Fate = 'waiting' | 'interaction' | 'bounce' | 'automatic' | 'duplicate' | 'blocked' | 'set-aside';

/** Written by a person, or by a machine of which kind. */
export type MailKind = 'human' | 'auto-reply' | 'bounce' | 'list' | 'own-loop';

/** One mail as it came: `GET /api/mail-items`. */
export interface MailItem {
  id: string;
  clientId: string;
  mailboxId: string;
  mailboxAddress: string;
  source: 'smtp' | 'imap';
  /** Bytes of the original. */
  size: number;
  receivedAt: string;
  fate: Fate;
  /** Why, where the fate has a reason or an attempt failed: a code, and its words in the reader's language. */
  reason: string | null;
  reasonText: string | null;
  /** What the fault said of itself. */
  detail: string | null;
  attempts: number;
  /** When a waiting one is looked at next. */
  nextAt: string | null;
  settledAt: string | null;
  /** The interaction and the line that it is, or that it is about. */
  interactionId: string | null;
  seq: number | null;
  /** Once it was read: from whom, and about what. */
  from: MailAddress | null;
  subject: string | null;
}

export interface MailAddress {
  address: string;
  name: string;
}

export type Scan = 'not-scanned' | 'clean' | 'infected' | 'failed';

export interface MailAttachment {
  id: string;
  position: number;
  /** As it is shown safely. */
  name: string;
  /** By what it holds. */
  type: string;
  declaredType: string | null;
  size: number;
  /** The HTML itself shows it. */
  inline: boolean;
  scan: Scan;
}

/** What a reader should be told of a mail. */
export interface MailMarks {
  /** Where characters turn the direction of what stands around them: in a name, the subject, the text. */
  bidi?: ('from' | 'subject' | 'text' | 'attachment')[];
  /** The sender's name or address looks like another: letters of several scripts, or an address within the name. */
  lookAlike?: ('from-name' | 'from-address' | 'reply-to')[];
  /** Answers go to another domain than the sender's. */
  replyElsewhere?: true;
  /** Links whose words name another host than the one they lead to. */
  links?: { shown: string; host: string }[];
  /** What could not be read: a charset that is none, words that are encoded wrongly. */
  undecodable?: true;
  /** It is encrypted, and kept as an attachment. */
  encrypted?: 'smime' | 'pgp';
  /** It is signed; nobody has looked at the signature. */
  signed?: 'smime' | 'pgp';
  /** It has an invitation. */
  calendar?: true;
  /** What was longer than is kept here; the original has it. */
  truncated?: ('text' | 'html' | 'headers' | 'addresses' | 'attachments' | 'references' | 'subject')[];
  /** Its HTML was nested too deeply to be shown; the text is. */
  htmlTooDeep?: true;
  /** It says in several places from whom it is. */
  severalFrom?: true;
}

/** A mail of an interaction: `GET /api/interactions/:id/mails`. */
export interface Mail {
  id: string;
  direction: 'in' | 'out';
  mailboxId: string;
  threadId: string | null;
  /** The line that it is. */
  interactionId: string | null;
  seq: number | null;
  from: MailAddress;
  replyTo: string | null;
  to: MailAddress[];
  cc: MailAddress[];
  bcc: MailAddress[];
  subject: string;
  /** What its own Date says. */
  datedAt: string | null;
  at: string;
  language: string | null;
  /** What is new in it; `textRest` is what it quotes, and the signature. */
  textNew: string;
  textRest: string;
  /** Whether there is HTML to show, and how much of it lies elsewhere. */
  html: boolean;
  remoteCount: number;
  kind: MailKind;
  marks: MailMarks;
  auth: MailAuth;
  attachments: MailAttachment[];
  /** Of one that we wrote: what became of it. */
  delivery: MailDelivery | null;
}

/** What the receiving server found: pass, fail, softfail, neutral, none, temperror, permerror. */
export interface MailAuth {
  spf?: string;
  dkim?: string;
  dmarc?: string;
  /** The domain that these vouch for, when it is the sender's. */
  domain?: string;
}

export type DeliveryState =
  | 'held'
  | 'waiting'
  | 'sending'
  | 'sent'
  | 'failed'
  | 'unknown'
  | 'bounced'
  | 'recalled';

export interface MailDelivery {
  state: DeliveryState;
  recipients: { address: string; state: string; answer: string | null }[];
  attempts: number;
  notBefore: string;
  lastAt: string | null;
  lastAnswer: string | null;
}

/** How a server is reached. */
export interface ServerSettings {
  host: string;
  port: number;
  security: 'tls' | 'starttls' | 'none';
  user: string;
  auth: 'password' | 'oauth';
}
