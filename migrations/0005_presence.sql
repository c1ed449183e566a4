-- The head of each agent's presence: the stream is the sign-in session, this row moves in the statement that appends to it.
create table agent_presence (
  agent_id uuid primary key references person,
  session_id uuid not null,                  -- the stream
  seq integer not null,
  state text not null check (state in ('ready', 'busy', 'break', 'training', 'meeting', 'offline')),
  reason text not null,                      -- why it is so: signed-in, chosen, connection-lost, signed-out, …
  since timestamptz not null,
  connected boolean not null default false,  -- a browser of the agent is on the line; without one nothing is offered
  lease_until timestamptz                    -- renewed while a browser is connected; none when offline
    check ((lease_until is null) = (state = 'offline'))
) with (fillfactor = 50);
create index agent_presence_lease on agent_presence (lease_until) where lease_until is not null;

grant select, insert, update on agent_presence to parley_system;
