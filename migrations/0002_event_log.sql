-- One append-only log for all streams (interactions, sign-in sessions, clients, people …).
-- A partition is a range of the stream's own id (uuid v7), so a stream lives in one partition and its primary key
-- refuses a doubled seq. Partitions are made by the program, three periods ahead (src/platform/db/partitions.ts).
create sequence event_id as bigint;
create table event (
  stream uuid not null,
  seq integer not null check (seq > 0),
  kind text not null,
  client_id uuid,
  at timestamptz not null,
  body jsonb not null default '{}',
  xid xid8 not null default pg_current_xact_id(),
  id bigint not null default nextval('event_id'),
  primary key (stream, seq)
) partition by range (stream);
create index event_position on event (xid, id);

-- Where each reaction stands in the log, and which node runs it.
create table reaction_cursor (
  reaction text primary key,
  xid xid8 not null default '0',
  id bigint not null default 0,
  node uuid,
  lease_until timestamptz,
  epoch bigint not null default 0
);
-- Only streams that were read ahead of the cursor, or that are parked, keep a row of their own.
create table reaction_stream (
  reaction text not null references reaction_cursor,
  stream uuid not null,
  handled_seq integer not null,
  parked_at timestamptz,
  parked_seq integer,
  attempts integer not null default 0,
  error text,
  retry_at timestamptz,
  primary key (reaction, stream)
);
create index reaction_stream_failed on reaction_stream (reaction, retry_at) where retry_at is not null;

-- The running copies of the program, by lease on the database's clock.
create table node (
  id uuid primary key,
  name text not null,
  started_at timestamptz not null,
  lease_until timestamptz not null
);

alter table event enable row level security;
create policy request_clients on event to parley_request using (client_id = any (parley_clients()));
create policy system_all on event to parley_system using (true) with check (true);

grant select, insert on event to parley_system;
grant select on event to parley_request;
grant usage on sequence event_id to parley_system;
grant select, insert, update, delete on reaction_cursor, reaction_stream, node to parley_system;
