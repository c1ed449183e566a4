-- Who commissions the contact centre (clients) and who works in it (people).
-- Roles parley_request and parley_system exist before the first migration runs: the program makes them (src/platform/db/roles.ts).

-- The clients that the current request may see. No setting, no rows: it fails closed.
create function parley_clients() returns uuid[] language sql stable parallel safe
  return nullif(current_setting('parley.clients', true), '')::uuid[];

create table centre (
  only_row boolean primary key default true check (only_row),
  name text not null check (length(name) between 1 and 120),
  updated_at timestamptz not null
);

create table client (
  id uuid primary key,
  name text not null check (length(btrim(name)) between 1 and 120),
  slug text not null unique check (slug ~ '^[a-z0-9]([a-z0-9-]{0,60}[a-z0-9])?$'),
  active boolean not null default true,
  created_at timestamptz not null
);

create table person (
  id uuid primary key,
  email text not null check (email = lower(email) and length(email) between 3 and 254),
  name text not null check (length(btrim(name)) between 1 and 120),
  password_hash text not null,
  roles text[] not null check (roles <@ array['administrator', 'supervisor', 'agent']::text[] and cardinality(roles) > 0),
  language text not null default 'en' check (language in ('en', 'fr')),
  active boolean not null default true,
  version integer not null default 1,
  created_at timestamptz not null
);
create unique index person_email on person (email);

create table person_client (
  person_id uuid not null references person,
  client_id uuid not null references client,
  primary key (person_id, client_id)
);
create index person_client_client on person_client (client_id);

-- A signed-in browser. Only a hash of its token is kept, so that a copy of the database opens no session.
create table session (
  id uuid primary key,
  person_id uuid not null references person,
  token_hash bytea not null unique,
  created_at timestamptz not null,
  seen_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz
);
create index session_person on session (person_id) where ended_at is null;

-- Limits against guessing, shared by all nodes: one row per account or address that failed lately.
create table sign_in_throttle (
  key text primary key,
  failures integer not null,
  first_at timestamptz not null,
  blocked_until timestamptz
);

-- What a creation answered, so that the same Idempotency-Key creates once.
create table idempotency_key (
  person_id uuid not null references person,
  key text not null check (length(key) between 1 and 200),
  route text not null,
  request_hash bytea not null,
  answer jsonb not null,
  at timestamptz not null,
  primary key (person_id, key)
);
create index idempotency_key_at on idempotency_key (at);

alter table client enable row level security;
create policy request_clients on client to parley_request using (id = any (parley_clients()));
create policy system_all on client to parley_system using (true) with check (true);

grant select, insert, update on centre, client, person, session, sign_in_throttle to parley_system;
grant select, insert, delete on person_client, idempotency_key to parley_system;
grant delete on sign_in_throttle, session to parley_system;
grant select on client to parley_request; -- what has no row security is not for requests at all
