-- What the checker of the invariants found (src/modules/routing/checker.ts): when it looked last, and each violation once.
create table routing_check (
  pool text primary key,
  node uuid not null,
  checked_at timestamptz not null,
  milliseconds integer not null,
  whole boolean not null,                    -- false: more was open, or had happened, than one check looks at
  open integer not null,
  agents integer not null,
  events integer not null
);
create table routing_violation (
  pool text not null,
  key bytea not null,                        -- digest of what was found and of the facts it is about
  invariant text not null,
  what text not null,
  ids text[] not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  primary key (pool, key)
);
create index routing_violation_last on routing_violation (pool, last_at); -- kept for 30 days

grant select, insert, update on routing_check to parley_system;
grant select, insert, update, delete on routing_violation to parley_system;
