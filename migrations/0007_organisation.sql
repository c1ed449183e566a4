-- Where people work (sites), with whom (teams), and when customers are answered (opening hours).
create table site (
  id uuid primary key,
  name text not null check (length(btrim(name)) between 1 and 120),
  time_zone text not null check (length(time_zone) between 1 and 64),
  active boolean not null default true,
  version integer not null default 1,
  created_at timestamptz not null
);

create table team (
  id uuid primary key,
  site_id uuid not null references site,
  name_en text not null check (length(btrim(name_en)) between 1 and 120),
  name_fr text not null check (length(btrim(name_fr)) between 1 and 120),
  active boolean not null default true,
  version integer not null default 1,
  created_at timestamptz not null
);
create index team_site on team (site_id);

create table team_member (
  team_id uuid not null references team,
  person_id uuid not null references person,
  primary key (team_id, person_id)
);
create index team_member_person on team_member (person_id);

-- A week, the holidays of a region, and what one told for today. Times of day are those of the calendar's own time zone.
create table opening_hours (
  id uuid primary key,
  client_id uuid references client,          -- none: common to all clients
  name text not null check (length(btrim(name)) between 1 and 120),
  time_zone text not null check (length(time_zone) between 1 and 64),
  weekly jsonb not null check (jsonb_typeof(weekly) = 'array'),
  holiday_region text check (length(holiday_region) between 2 and 20),
  holidays_worked text[] not null default '{}', -- holidays of the region on which the week goes on
  message_en text not null check (length(btrim(message_en)) between 1 and 500),
  message_fr text not null check (length(btrim(message_fr)) between 1 and 500),
  closed_early_at timestamptz,               -- closed for the rest of that day
  closed_early_by uuid references person,
  closed_early_reason text check (length(btrim(closed_early_reason)) between 1 and 200),
  closed_early_message_en text not null default '' check (length(closed_early_message_en) <= 500),
  closed_early_message_fr text not null default '' check (length(closed_early_message_fr) <= 500),
  version integer not null default 1,
  created_at timestamptz not null,
  constraint closed_early_with_reason check ((closed_early_at is null) = (closed_early_reason is null))
);
create index opening_hours_client on opening_hours (client_id);

-- A day that is unlike its week: closed when it has no intervals, else open in these and no others.
create table opening_exception (
  hours_id uuid not null references opening_hours on delete cascade,
  day date not null,
  intervals jsonb not null check (jsonb_typeof(intervals) = 'array'),
  message_en text not null default '' check (length(message_en) <= 500),
  message_fr text not null default '' check (length(message_fr) <= 500),
  primary key (hours_id, day)
);

alter table opening_hours enable row level security;
create policy request_clients on opening_hours to parley_request
  using (client_id is null and parley_clients() is not null or client_id = any (parley_clients()));
create policy system_all on opening_hours to parley_system using (true) with check (true);
alter table opening_exception enable row level security;
create policy request_hours on opening_exception to parley_request
  using (exists (select from opening_hours h where h.id = hours_id)); -- which is seen or not by its own policy
create policy system_all on opening_exception to parley_system using (true) with check (true);

grant select, insert, update on site, team to parley_system;
grant select, insert, delete on team_member to parley_system;
grant select, insert, update, delete on opening_hours, opening_exception to parley_system;
grant select on opening_hours, opening_exception to parley_request;
