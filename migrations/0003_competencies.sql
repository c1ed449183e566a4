-- What an agent must master, and the dated assessments that say so (6.3.1, 6.4).
create table competency (
  id uuid primary key,
  client_id uuid references client,          -- none: common to all clients
  kind text not null check (kind in ('communication', 'technical', 'client-specific')),
  name_en text not null check (length(btrim(name_en)) between 1 and 120),
  name_fr text not null check (length(btrim(name_fr)) between 1 and 120),
  active boolean not null default true,
  created_at timestamptz not null
);
create index competency_client on competency (client_id);

-- Append-only: the newest assessment of an agent's competency counts, older ones stay as evidence.
create table assessment (
  id uuid primary key,
  agent_id uuid not null references person,
  competency_id uuid not null references competency,
  level smallint not null check (level between 0 and 5), -- 0: assessed, not mastered
  assessed_on date not null,
  valid_until date not null check (valid_until > assessed_on and valid_until <= assessed_on + interval '1 year'), -- 6.4-a
  assessed_by uuid references person,
  recorded_at timestamptz not null
);
create index assessment_newest on assessment (agent_id, competency_id, id desc);

alter table competency enable row level security;
create policy request_clients on competency to parley_request
  using (client_id is null and parley_clients() is not null or client_id = any (parley_clients()));
create policy system_all on competency to parley_system using (true) with check (true);
-- An assessment is seen by whoever sees its competency; of whom, the program asks besides.
alter table assessment enable row level security;
create policy request_clients on assessment to parley_request
  using (exists (select from competency c where c.id = competency_id));
create policy system_all on assessment to parley_system using (true) with check (true);

grant select, insert, update on competency to parley_system;
grant select, insert on assessment to parley_system;
grant select on competency, assessment to parley_request;
