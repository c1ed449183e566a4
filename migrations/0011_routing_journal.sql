-- What the routing engine was told, in the order in which it was told it: from it alone every decision can be worked out again.
-- A run begins whenever an engine is loaded. Its rows hold inputs or, now and then, parts of a restart point from which a replay may begin.
create table routing_journal (
  run_id uuid not null,
  n integer not null check (n >= 0),
  pool text not null,
  epoch bigint not null,
  node uuid not null,
  kind text not null check (kind in ('begin', 'inputs', 'part', 'restart')),
  from_n integer not null check (from_n between 0 and n), -- the row that a replay which begins here reads first
  at timestamptz not null,                                    -- of the first input; of a restart point: what it tells is of then
  until timestamptz not null,                                 -- of the last input
  inputs integer not null check (inputs >= 0),
  decided integer not null check (decided >= 0),              -- decisions of the run before the inputs of this row
  body bytea not null,
  primary key (run_id, n)
);
alter table routing_journal alter column body set storage external; -- it is compressed before it comes here
create index routing_journal_begins on routing_journal (pool, at) where kind in ('begin', 'restart');
create index routing_journal_until on routing_journal (until);

grant select, insert on routing_journal to parley_system;

-- Which decision of which run an offer is: null for those written before there was a journal.
alter table decision
  add run_id uuid,
  add position integer check (position > 0),
  add constraint decided_in_a_run check ((run_id is null) = (position is null));
