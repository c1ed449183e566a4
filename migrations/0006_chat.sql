-- Chat from a client's pages: the channel (whose widget, told what, allowed where) and the visitor's signed session.
create table chat_channel (
  id uuid primary key,
  client_id uuid not null references client,
  type_id uuid not null references interaction_type,
  key text not null unique check (key ~ '^[a-z0-9]([a-z0-9-]{0,60}[a-z0-9])?$'), -- named in the script tag
  name_en text not null check (length(btrim(name_en)) between 1 and 120),        -- the name shown: whom we speak for (4.5-a)
  name_fr text not null check (length(btrim(name_fr)) between 1 and 120),
  charges_en text not null default '' check (length(charges_en) <= 300),         -- what contacting costs (4.5-c)
  charges_fr text not null default '' check (length(charges_fr) <= 300),
  greeting_en text not null default '' check (length(greeting_en) <= 500),
  greeting_fr text not null default '' check (length(greeting_fr) <= 500),
  allowed_origins text[] not null default '{}',
  accent text not null default '#2450c8' check (accent ~ '^#[0-9a-f]{6}$'),
  open boolean not null default false,
  version integer not null default 1,
  created_at timestamptz not null,
  constraint open_tells_charges check (not open or (btrim(charges_en) <> '' and btrim(charges_fr) <> ''))
);
create index chat_channel_client on chat_channel (client_id);

create table chat_session (
  id uuid primary key,                       -- also the thread of its interactions
  client_id uuid not null references client,
  channel_id uuid not null references chat_channel,
  customer_id uuid not null references customer,
  language text not null check (language in ('en', 'fr')),
  page_url text check (length(page_url) <= 2000),
  told jsonb not null,                       -- what was told before the first message, in which words
  created_at timestamptz not null,
  seen_at timestamptz not null
) with (fillfactor = 70);
create index chat_session_client on chat_session (client_id, id desc);

alter table chat_channel enable row level security;
create policy request_clients on chat_channel to parley_request using (client_id = any (parley_clients()));
create policy system_all on chat_channel to parley_system using (true) with check (true);
alter table chat_session enable row level security;
create policy request_clients on chat_session to parley_request using (client_id = any (parley_clients()));
create policy system_all on chat_session to parley_system using (true) with check (true);

grant select, insert, update on chat_channel, chat_session to parley_system;
grant select on chat_channel, chat_session to parley_request;
