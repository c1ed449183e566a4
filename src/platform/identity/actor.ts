import type { Role } from './contract.ts';

/** Who asks: a signed-in person, with the clients they may see at this moment. */
export interface Actor {
  personId: string;
  sessionId: string;
  name: string;
  email: string;
  roles: readonly Role[];
  language: 'en' | 'fr';
  /** All of them for administrators, else those the person works for. */
  clients: readonly string[];
}

export function hasRole(actor: Actor, ...roles: Role[]): boolean {
  return roles.some((role) => actor.roles.includes(role));
}

/** May this person see what belongs to that client? What belongs to none is common to all. */
export function sees(actor: Actor, clientId: string | null): boolean {
  return clientId === null || actor.clients.includes(clientId);
}
