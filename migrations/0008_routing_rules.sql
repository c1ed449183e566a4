-- What people tell the routing engine: how a type is shared out, which channels go together, to whom something is to go.
alter table competency
  add language text check (language ~ '^[a-z]{2}$'); -- mastery of that language

alter table interaction_type
  add routing jsonb not null default '{}' check (jsonb_typeof(routing) = 'object'),
  add hours_id uuid references opening_hours, -- none: always open
  add paused_at timestamptz,
  add paused_until timestamptz,
  add paused_by uuid references person,
  add paused_reason text check (length(btrim(paused_reason)) between 1 and 200),
  add constraint paused_with_reason check ((paused_at is null) = (paused_reason is null)),
  add constraint paused_until_something check (paused_until is null or paused_at is not null);
create index interaction_type_hours on interaction_type (hours_id) where hours_id is not null;

alter table interaction
  add to_team_id uuid references team,       -- transferred or pushed there, and to nobody else before to_until
  add to_agent_id uuid references person,
  add to_until timestamptz,
  add preferred_agent_id uuid references person,
  add preferred_until timestamptz,
  add preferred_why text check (preferred_why in ('case-owner', 'last-agent', 'named')),
  add constraint to_team_or_agent check (to_team_id is null or to_agent_id is null),
  add constraint to_somebody_until check ((to_until is not null) = (coalesce(to_team_id, to_agent_id) is not null)),
  add constraint preferred_until_and_why
    check ((preferred_agent_id is null) = (preferred_until is null) and (preferred_agent_id is null) = (preferred_why is null));

-- One row once somebody has changed the rules; until then those of the program hold.
create table routing_rules (
  only_row boolean primary key default true check (only_row),
  id uuid not null,                          -- the stream of its changes
  channels jsonb not null check (jsonb_typeof(channels) = 'object'),
  misses_max smallint not null check (misses_max between 1 and 20),
  version integer not null,
  updated_at timestamptz not null
);

-- Offers that an agent let pass since they last answered one: at misses_max in a row they count as not responding.
create table missed_offer (
  agent_id uuid not null references person,
  interaction_id uuid not null,
  seq integer not null,
  at timestamptz not null,
  primary key (agent_id, interaction_id, seq)
);

alter table agent_presence drop constraint agent_presence_state_check;
alter table agent_presence add constraint agent_presence_state_check
  check (state in ('ready', 'busy', 'break', 'training', 'meeting', 'not-responding', 'offline'));

grant select, insert, update on routing_rules to parley_system;
grant select, insert, delete on missed_offer to parley_system;
