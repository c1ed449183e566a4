-- Types that are not to be given to an agent for now: by whoever has a reason (mandatory information not read, for one), each for itself.
create table agent_bar (
  agent_id uuid not null references person,
  type_id uuid not null references interaction_type,
  source text not null check (source ~ '^[a-z][a-z0-9:-]{0,119}$'), -- who set it, and alone lifts it
  reason text not null check (reason ~ '^[a-z][a-z0-9-]{0,59}$'),   -- its name, as a why says it
  note text check (length(btrim(note)) between 1 and 200),          -- in a person's own words, for those who lead
  since timestamptz not null,
  set_by uuid references person,
  primary key (agent_id, type_id, source)
);
create index agent_bar_type on agent_bar (type_id);
grant select, insert, update, delete on agent_bar to parley_system;
