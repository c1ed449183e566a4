-- Slow, rare work that is tried until it is done. A row is work that is still to do, or that failed for good; done work leaves none.
create table job (
  id uuid primary key,
  name text not null check (length(name) between 1 and 100),
  key text check (length(key) between 1 and 200), -- at most one waits under it
  payload jsonb not null,
  state text not null default 'waiting' check (state in ('waiting', 'running', 'failed')),
  run_at timestamptz not null,
  attempts smallint not null default 0,
  attempts_max smallint not null check (attempts_max >= 1),
  error text check (length(error) <= 1000),
  node uuid,
  lease_until timestamptz,                   -- on the database's clock; a copy of the program that is gone renews nothing
  created_at timestamptz not null,
  changed_at timestamptz not null,
  constraint running_is_somebodys check ((state = 'running') = (node is not null) and (node is null) = (lease_until is null)),
  constraint failed_with_error check (state <> 'failed' or error is not null)
);
create unique index job_key on job (name, key) where state = 'waiting' and key is not null;
create index job_due on job (run_at) where state = 'waiting';
create index job_running on job (lease_until) where state = 'running';
create index job_failed on job (changed_at) where state = 'failed';

-- Which turn of its schedule each job was last given; of all copies of the program the first to move it on enqueues.
create table job_schedule (
  name text primary key,
  turn timestamptz not null
);

grant select, insert, update, delete on job, job_schedule to parley_system;
