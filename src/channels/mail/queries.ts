import type { Queryable } from '#src/platform/db/sql.ts';
import type { ServerSettings } from './contract.ts';

/** A mailbox without its secret, which only what connects asks for. */
export interface MailboxRow {
  id: string;
  client_id: string;
  type_id: string;
  address: string;
  name_en: string;
  name_fr: string;
  language: string;
  inbound: 'imap' | 'smtp' | 'none';
  imap: (ServerSettings & { folders: string[] }) | null;
  relay: ServerSettings | null;
  signature_en: string;
  signature_fr: string;
  acknowledges: boolean;
  undo_seconds: number;
  open: boolean;
  version: number;
  created_at: Date;
}

const mailboxColumns = (db: Queryable) => db`
  id, client_id, type_id, address, name_en, name_fr, language, inbound, imap, relay, signature_en, signature_fr, acknowledges, undo_seconds, open,
  version, created_at`;

export async function mailboxById(db: Queryable, id: string): Promise<MailboxRow | undefined> {
  const [row] = await db<MailboxRow[]>`select ${mailboxColumns(db)} from mailbox where id = ${id}`;
  return row;
}

/** @param address as it is in the envelope; letters' size does not matter */
export async function mailboxByAddress(db: Queryable, address: string): Promise<MailboxRow | undefined> {
  const [row] = await db<
    MailboxRow[]
  >`select ${mailboxColumns(db)} from mailbox where address = ${address.toLowerCase()}`;
  return row;
}
