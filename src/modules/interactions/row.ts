import type { Channel, PreferredWhy } from './contract.ts';
import type { State } from './lifecycle.ts';

/** A row of `interaction`, as the database names it. */
export interface InteractionRow {
  id: string;
  client_id: string;
  type_id: string;
  channel: Channel;
  customer_id: string;
  thread_id: string;
  language: string;
  state: State;
  agent_id: string | null;
  seq: number;
  priority: number;
  arrived_at: Date;
  state_since: Date;
  due_at: Date | null;
  offer_until: Date | null;
  not_to: string[];
  handled_by: string | null;
  outcome_code: string | null;
  unread: boolean;
  to_team_id: string | null;
  to_agent_id: string | null;
  to_until: Date | null;
  preferred_agent_id: string | null;
  preferred_until: Date | null;
  preferred_why: PreferredWhy | null;
  /** parked: the interaction that interrupted it and after which it comes back; its slot is kept. */
  interrupted_by: string | null;
  closed_at: Date | null;
}
