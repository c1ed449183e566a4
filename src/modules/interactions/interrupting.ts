import { rulesAtFirst } from './routing-rules.ts';

// What an act does to the other interactions of its agent, as parts of the act's own statement: so no crash can come between a call that
// was accepted and the mail that it interrupts, or between the call's end and the mail's return. See docs/decisions/0013.

type Place = (value: unknown, type: string) => string;

/** The channel rules as they are at this moment, for the parts below. */
export function rulesCte(p: Place): string {
  return `rules as materialized (
    select coalesce((select channels from routing_rules), ${p(rulesAtFirst.channels, 'jsonb')}) as channels)`;
}

/**
 * Whether something that the agent works on, or that waits to come back itself, interrupts the parked row `p`. Nothing interrupts
 * itself, however long the chain (`whyNotBeside`), so of all that waits to come back one always may.
 *
 * @param over the interaction that the act itself brings to an end
 */
export function isInterrupted(p: string, over?: string): string {
  return `exists (select 1 from interaction b
    where b.agent_id = ${p}.agent_id and b.id <> ${p}.id ${over === undefined ? '' : `and b.id <> ${over}`}
      and (b.state in ('handling', 'wrapping') or b.interrupted_by is not null)
      and (select channels from rules) #>> array[b.channel, ${p}.channel] = 'interrupts')`;
}

/** What is said of an interaction that is interrupted, and of one that comes back. */
const saysInterrupted = `jsonb_build_object('agentId', h.agent_id, 'by', h.interrupted_by)`;
const saysBack = (over: string) =>
  `jsonb_build_object('agentId', h.agent_id, 'why', 'interruption-over', 'after', ${over})`;

/** Parks what the agent is handling on channels that the one they take up interrupts; each keeps its slot. */
export function interruptCtes(p: Place, at: string): string[] {
  return [
    rulesCte(p),
    `beside as (
      update interaction h set state = 'parked', state_since = ${at}, seq = h.seq + 1, interrupted_by = m.id
        from moved m
       where h.agent_id = m.agent_id and h.id <> m.id and h.state = 'handling'
         and (select channels from rules) #>> array[m.channel, h.channel] = 'interrupts'
      returning h.*)`,
    besideLogged('interaction.interrupted', saysInterrupted, at),
  ];
}

/** Brings back what waited for the one whose slot the act frees, unless something else interrupts it still. */
export function comeBackCtes(p: Place, at: string): string[] {
  return [
    rulesCte(p),
    `beside as (
      update interaction h set state = 'handling', state_since = ${at}, seq = h.seq + 1, interrupted_by = null
        from freed f, moved m
       where h.agent_id = f.agent_id and h.id <> m.id and h.interrupted_by is not null and not ${isInterrupted('h', 'm.id')}
      returning h.*)`,
    besideLogged('interaction.resumed', saysBack('(select id from moved)'), at),
  ];
}

function besideLogged(kind: string, says: string, at: string): string {
  return `beside_logged as (
      insert into event (stream, seq, kind, client_id, at, body)
      select h.id, h.seq, '${kind}', h.client_id, ${at}, ${says} from beside h returning stream, kind, body)`;
}
