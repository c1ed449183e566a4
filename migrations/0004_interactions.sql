-- Interaction types, the life of an interaction, capacity and who decided what.
create table interaction_type (
  id uuid primary key,
  client_id uuid not null references client,
  channel text not null check (channel in ('voice', 'email', 'chat', 'messaging')),
  name_en text not null check (length(btrim(name_en)) between 1 and 120),
  name_fr text not null check (length(btrim(name_fr)) between 1 and 120),
  priority smallint not null default 0 check (priority between -100 and 100), -- higher is offered first
  offer_seconds smallint not null default 20 check (offer_seconds between 5 and 300),
  active boolean not null default true,
  version integer not null default 1,
  created_at timestamptz not null
);
create index interaction_type_client on interaction_type (client_id);

create table type_competency (
  type_id uuid not null references interaction_type,
  competency_id uuid not null references competency,
  level smallint not null check (level between 1 and 5),
  primary key (type_id, competency_id)
);

create table outcome (
  id uuid primary key,
  client_id uuid references client,          -- none: common to all clients
  code text not null check (code ~ '^[a-z0-9]([a-z0-9-]{0,60}[a-z0-9])?$'),
  name_en text not null check (length(btrim(name_en)) between 1 and 120),
  name_fr text not null check (length(btrim(name_fr)) between 1 and 120),
  active boolean not null default true,
  created_at timestamptz not null
);
create unique index outcome_code on outcome (code, client_id) nulls not distinct;

create table customer (
  id uuid primary key,
  client_id uuid not null references client,
  name text check (length(name) <= 120),
  language text not null check (language in ('en', 'fr')),
  created_at timestamptz not null
);
create index customer_client on customer (client_id, id desc);

create table interaction (
  id uuid primary key,
  client_id uuid not null references client,
  type_id uuid not null references interaction_type,
  channel text not null check (channel in ('voice', 'email', 'chat', 'messaging')),
  customer_id uuid not null references customer,
  thread_id uuid not null,                   -- the conversation it belongs to; groups interactions until cases do
  language text not null check (language in ('en', 'fr')),
  state text not null check (state in ('waiting', 'scheduled', 'offered', 'handling', 'parked', 'wrapping', 'closed', 'abandoned')),
  agent_id uuid references person,
  seq integer not null check (seq > 0),
  priority smallint not null,
  arrived_at timestamptz not null,           -- its place in the line, kept when it returns there
  state_since timestamptz not null,
  due_at timestamptz,                        -- scheduled: when it falls due; parked: when it comes back
  offer_until timestamptz,
  not_to uuid[] not null default '{}',       -- who declined it or let it pass since it last waited afresh
  handled_by uuid references person,         -- who accepted it last
  outcome_code text,
  unread boolean not null default false,     -- the customer wrote last and the agent has not answered or seen it
  closed_at timestamptz,
  constraint agent_in_states_that_have_one
    check ((agent_id is not null) = (state in ('offered', 'handling', 'parked', 'wrapping'))),
  constraint scheduled_has_a_time check (state <> 'scheduled' or due_at is not null),
  constraint offered_has_an_end check ((offer_until is not null) = (state = 'offered')),
  constraint closed_with_outcome check (state <> 'closed' or outcome_code is not null),  -- 7.2-b
  constraint ended_has_a_time check ((closed_at is not null) = (state in ('closed', 'abandoned')))
) with (fillfactor = 70);
create index interaction_waiting on interaction (type_id, priority desc, arrived_at) where state = 'waiting';
create index interaction_open on interaction (state) where state not in ('closed', 'abandoned');
create index interaction_agent on interaction (agent_id, id desc) where agent_id is not null;
create index interaction_handled_by on interaction (handled_by, id desc) where handled_by is not null;
create index interaction_client on interaction (client_id, id desc);
create index interaction_customer on interaction (customer_id, id desc);
create index interaction_thread on interaction (thread_id, id);
-- One open interaction in a conversation, whatever arrives at once.
create unique index interaction_thread_open on interaction (thread_id) where state not in ('closed', 'abandoned');

-- A message is an event with a body row on the same key; erasure empties the body, the event stays.
create table message (
  stream uuid not null,
  seq integer not null,
  client_id uuid not null,
  author text not null check (author in ('customer', 'agent', 'system')),
  agent_id uuid,
  audience text not null default 'all' check (audience in ('all', 'staff')),
  text text not null check (length(text) <= 20000),
  at timestamptz not null,
  key text not null,                         -- the writer's own id of the line, echoed so that a browser knows its line again
  primary key (stream, seq)
) partition by range (stream);

-- An inbound item has one fate: its key, which a stranger cannot forge, is taken once.
create table inbound_key (
  key bytea primary key,
  client_id uuid not null,
  stream uuid not null,
  seq integer not null,
  at timestamptz not null
);
create index inbound_key_at on inbound_key (at); -- retention: see docs/operating.md

create table capacity_slot (
  agent_id uuid not null references person,
  channel text not null check (channel in ('voice', 'email', 'chat', 'messaging')),
  slot smallint not null check (slot between 1 and 50),
  retired boolean not null default false,    -- a lowered limit retires slots, it deletes none that is used
  freed_at timestamptz,                      -- when work last left it: idle longest is counted from here
  primary key (agent_id, channel, slot)
) with (fillfactor = 70);

create table assignment (
  agent_id uuid not null,
  channel text not null,
  slot smallint not null,
  interaction_id uuid not null unique references interaction,
  since timestamptz not null,
  primary key (agent_id, channel, slot),
  foreign key (agent_id, channel, slot) references capacity_slot
) with (fillfactor = 70);

-- Who may decide for a pool: one node at a time, by lease on the database's clock, fenced by the epoch.
create table pool_owner (
  pool text primary key,
  epoch bigint not null,
  node uuid,
  lease_until timestamptz not null,
  unique (pool, epoch)
) with (fillfactor = 50);

create table decision (
  interaction_id uuid not null,
  seq integer not null,
  client_id uuid not null,
  agent_id uuid not null,
  epoch bigint not null,
  why jsonb not null,
  at timestamptz not null,
  primary key (interaction_id, seq)
) partition by range (interaction_id);

alter table interaction_type enable row level security;
create policy request_clients on interaction_type to parley_request using (client_id = any (parley_clients()));
create policy system_all on interaction_type to parley_system using (true) with check (true);
alter table type_competency enable row level security;
create policy request_clients on type_competency to parley_request
  using (exists (select from interaction_type t where t.id = type_id));
create policy system_all on type_competency to parley_system using (true) with check (true);
alter table outcome enable row level security;
create policy request_clients on outcome to parley_request
  using (client_id is null and parley_clients() is not null or client_id = any (parley_clients()));
create policy system_all on outcome to parley_system using (true) with check (true);
alter table customer enable row level security;
create policy request_clients on customer to parley_request using (client_id = any (parley_clients()));
create policy system_all on customer to parley_system using (true) with check (true);
alter table interaction enable row level security;
create policy request_clients on interaction to parley_request using (client_id = any (parley_clients()));
create policy system_all on interaction to parley_system using (true) with check (true);
alter table message enable row level security;
create policy request_clients on message to parley_request using (client_id = any (parley_clients()));
create policy system_all on message to parley_system using (true) with check (true);
alter table inbound_key enable row level security;
create policy system_all on inbound_key to parley_system using (true) with check (true);
alter table decision enable row level security;
create policy request_clients on decision to parley_request using (client_id = any (parley_clients()));
create policy system_all on decision to parley_system using (true) with check (true);

grant select, insert, update on interaction_type, outcome, customer, interaction, capacity_slot, pool_owner to parley_system;
grant select, insert, delete on type_competency, assignment, inbound_key to parley_system;
grant select, insert on message, decision to parley_system;
grant select on interaction_type, type_competency, outcome, customer, interaction, message, decision to parley_request;
