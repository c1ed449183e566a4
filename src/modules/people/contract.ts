import type { Role } from '#src/platform/identity/contract.ts';

// What the browser sees of people: who works in the contact centre.
export interface Person {
  id: string;
  email: string;
  name: string;
  roles: Role[];
  language: 'en' | 'fr';
  active: boolean;
  /** Ids of the clients this person works for. Administrators see all clients whatever stands here. */
  clients: string[];
  /** How many interactions at once, per channel. */
  capacity: Partial<Record<'voice' | 'email' | 'chat' | 'messaging', number>>;
  version: number;
  createdAt: string;
}
