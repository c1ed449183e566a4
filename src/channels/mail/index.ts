export { type MailboxRow, mailboxByAddress, mailboxById } from './queries.ts';
