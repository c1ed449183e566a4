-- Mail: at which addresses we receive and from which we answer, each item as it came with its one fate, what was read of it, and
-- what is to be sent. Large or erasable content lies in blobs of the client.
create table mailbox (
  id uuid primary key,
  client_id uuid not null references client,
  type_id uuid not null references interaction_type,
  address text not null unique check (address = lower(address) and length(address) between 3 and 254 and address ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
  name_en text not null check (length(btrim(name_en)) between 1 and 120), -- whom we speak for (4.5-a)
  name_fr text not null check (length(btrim(name_fr)) between 1 and 120),
  language text not null default 'en' check (language ~ '^[a-z]{2,3}$'),  -- of who writes in one that is not recognised
  inbound text not null default 'none' check (inbound in ('imap', 'smtp', 'none')),
  imap jsonb,                                -- {host, port, security, user, auth, folders}
  relay jsonb,                               -- {host, port, security, user, auth}; none: the centre's
  secret bytea,                              -- sealed: passwords and tokens of both
  signature_en text not null default '' check (length(signature_en) <= 2000),
  signature_fr text not null default '' check (length(signature_fr) <= 2000),
  acknowledges boolean not null default false,
  undo_seconds smallint not null default 10 check (undo_seconds between 0 and 120),
  open boolean not null default false,
  version integer not null default 1,
  created_at timestamptz not null,
  constraint imap_has_settings check (inbound <> 'imap' or imap is not null)
);
create index mailbox_client on mailbox (client_id, id);
create index mailbox_type on mailbox (type_id);

-- Through which server the centre sends for all mailboxes that name none of their own.
create table centre_relay (
  only_row boolean primary key default true check (only_row),
  relay jsonb not null,
  secret bytea,
  version integer not null default 1,
  updated_at timestamptz not null
);

-- How far a folder of a mailbox has been read. What lies before the position is durable here.
create table imap_folder (
  mailbox_id uuid not null references mailbox,
  folder text not null check (length(folder) between 1 and 500),
  uidvalidity bigint check (uidvalidity between 1 and 4294967295),
  next_uid bigint not null default 1 check (next_uid between 1 and 4294967296),
  last_seen_at timestamptz,                  -- when the server last answered
  fault text check (length(fault) <= 100),   -- a named code, while it does not
  fault_detail text check (length(fault_detail) <= 1000),
  faulty_since timestamptz,
  attempts integer not null default 0,
  next_at timestamptz,
  taken_by uuid,                             -- the node that reads it now
  taken_until timestamptz,
  primary key (mailbox_id, folder),
  constraint taken_until_a_time check ((taken_by is null) = (taken_until is null))
) with (fillfactor = 70);

-- An inbound item: one mail as it came, with one fate.
create table mail_in (
  id uuid primary key,
  client_id uuid not null references client,
  mailbox_id uuid not null references mailbox,
  source text not null check (source in ('smtp', 'imap')),
  key bytea not null unique check (length(key) = 32), -- the same item again is this one
  raw_hash bytea not null,
  size bigint not null check (size >= 0),
  envelope jsonb not null,                   -- {from, to, …} as the server was told, or where it lay in the mailbox
  received_at timestamptz not null,
  fate text not null default 'waiting'
    check (fate in ('waiting', 'interaction', 'bounce', 'automatic', 'duplicate', 'blocked', 'set-aside')),
  reason text check (reason ~ '^[a-z0-9-]{1,60}$'),   -- a named code; its words are the program's
  detail text check (length(detail) <= 1000),         -- what the fault said of itself
  attempts integer not null default 0 check (attempts >= 0),
  next_at timestamptz,                       -- waiting: when it is looked at next
  taken_by uuid,                             -- the node that works on it now
  taken_until timestamptz,
  stream uuid,                               -- the interaction and the line that it is, or that it is about
  seq integer check (seq > 0),
  settled_at timestamptz,
  foreign key (client_id, raw_hash) references blob,
  constraint waiting_has_a_time check ((fate = 'waiting') = (next_at is not null)),
  constraint settled_has_a_time check ((fate = 'waiting') = (settled_at is null)),
  constraint taken_while_it_waits check (fate = 'waiting' or taken_by is null),
  constraint taken_until_a_time check ((taken_by is null) = (taken_until is null)),
  constraint placed_where check ((stream is null) = (seq is null)),
  constraint interaction_has_a_line check (fate <> 'interaction' or stream is not null),
  constraint no_line_without_fate check (fate in ('interaction', 'bounce', 'automatic', 'duplicate') or stream is null),
  constraint set_aside_with_reason check (fate not in ('set-aside', 'blocked', 'automatic') or reason is not null)
) with (fillfactor = 70);
create index mail_in_waiting on mail_in (next_at, id) where fate = 'waiting';
create index mail_in_set_aside on mail_in (client_id, id desc) where fate = 'set-aside';
create index mail_in_client on mail_in (client_id, id desc);
create index mail_in_mailbox on mail_in (mailbox_id, id desc);
create index mail_in_raw on mail_in (client_id, raw_hash);

-- Mails of one matter; the id is the thread of its interactions.
create table mail_thread (
  id uuid primary key,
  client_id uuid not null references client,
  mailbox_id uuid not null references mailbox,
  customer_id uuid not null references customer,
  subject text not null check (length(subject) <= 1000),
  created_at timestamptz not null
);
create index mail_thread_client on mail_thread (client_id, id desc);
create index mail_thread_customer on mail_thread (customer_id);

-- A mail read or written. Whatever a sender can make long is cut, and `marks` says so; the original is the blob of its item.
create table mail (
  id uuid primary key,
  client_id uuid not null references client,
  mailbox_id uuid not null references mailbox,
  direction text not null check (direction in ('in', 'out')),
  thread_id uuid references mail_thread,     -- none: a machine's, of no matter of ours
  in_id uuid unique references mail_in,
  stream uuid,                               -- the line it is; none until it is placed or sent, and for a machine's
  seq integer check (seq > 0),
  message_id text check (length(message_id) <= 998),
  in_reply_to text check (length(in_reply_to) <= 998),
  refs text[] not null default '{}' check (cardinality(refs) <= 100),
  from_address text not null check (length(from_address) <= 320), -- empty: it names nobody
  from_name text not null default '' check (length(from_name) <= 500),
  reply_to text check (length(reply_to) <= 320),
  to_ jsonb not null default '[]',           -- [{address, name}]
  cc jsonb not null default '[]',
  bcc jsonb not null default '[]',
  subject text not null default '' check (length(subject) <= 1000),
  dated_at timestamptz,                      -- its own Date
  at timestamptz not null,                   -- when it came, or was written
  language text check (language ~ '^[a-z]{2,3}$'),
  text_new text not null default '' check (length(text_new) <= 200000),
  text_rest text not null default '' check (length(text_rest) <= 500000), -- quotes and signature
  html_hash bytea,                           -- sanitised, with markers for what lies elsewhere
  remote_count integer not null default 0 check (remote_count >= 0),
  kind text not null check (kind in ('human', 'auto-reply', 'bounce', 'list', 'own-loop')),
  marks jsonb not null default '{}',
  auth jsonb not null default '{}',          -- {spf, dkim, dmarc}
  content_hash bytea check (length(content_hash) = 32), -- of what it says, whatever servers wrote above it
  foreign key (client_id, html_hash) references blob,
  constraint inbound_is_of_an_item check ((direction = 'in') = (in_id is not null)),
  constraint outbound_in_a_thread check (direction = 'in' or thread_id is not null),
  constraint placed_where check ((stream is null) = (seq is null))
);
create unique index mail_line on mail (stream, seq) where stream is not null;
create index mail_thread_mails on mail (thread_id, id);
create index mail_message_id on mail (client_id, message_id) where message_id is not null;
create index mail_client on mail (client_id, id desc);
create index mail_html on mail (client_id, html_hash) where html_hash is not null;

create table attachment (
  id uuid primary key,
  client_id uuid not null references client,
  mail_id uuid not null references mail,
  position smallint not null check (position >= 0),
  name text not null check (length(name) between 1 and 255), -- as it is shown safely
  declared_type text check (length(declared_type) <= 255),
  type text not null check (length(type) between 1 and 255), -- by what it holds
  size bigint not null check (size >= 0),
  hash bytea not null,
  cid text check (length(cid) <= 998),
  inline boolean not null default false,     -- shown by the HTML itself
  scan text not null default 'not-scanned' check (scan in ('not-scanned', 'clean', 'infected', 'failed')),
  unique (mail_id, position),
  foreign key (client_id, hash) references blob
);
create index attachment_blob on attachment (client_id, hash);

-- What is to be sent, was, or cannot be. A mail whose sending began and of which no answer is known is never sent again by itself.
create table outbox (
  mail_id uuid primary key references mail,
  client_id uuid not null references client,
  mailbox_id uuid not null references mailbox,
  state text not null
    check (state in ('held', 'waiting', 'sending', 'sent', 'failed', 'unknown', 'bounced', 'recalled')),
  raw_hash bytea not null,                   -- the bytes that are sent, the same at every attempt
  envelope_from text not null check (length(envelope_from) <= 320), -- empty: to a machine nobody answers
  recipients jsonb not null,                 -- [{address, state, answer}]
  not_before timestamptz not null,           -- held: until the undo is over; waiting: the next attempt
  attempts integer not null default 0 check (attempts >= 0),
  last_at timestamptz,
  last_answer text check (length(last_answer) <= 1000),
  taken_by uuid,
  taken_until timestamptz,
  foreign key (client_id, raw_hash) references blob,
  constraint taken_until_a_time check ((taken_by is null) = (taken_until is null)),
  constraint sending_is_somebodys check (state <> 'sending' or taken_by is not null)
) with (fillfactor = 70);
create index outbox_due on outbox (not_before, mail_id) where state in ('held', 'waiting', 'sending');
create index outbox_client on outbox (client_id, mail_id desc);
create index outbox_raw on outbox (client_id, raw_hash);

-- What an agent was writing, on whatever machine they go on.
create table mail_draft (
  interaction_id uuid not null references interaction,
  agent_id uuid not null references person,
  client_id uuid not null references client,
  draft jsonb not null,
  version integer not null default 1,
  updated_at timestamptz not null,
  primary key (interaction_id, agent_id)
) with (fillfactor = 70);

-- Whom a mailbox answered by itself, and when last: at most once a day.
create table automatic_answer (
  mailbox_id uuid not null references mailbox,
  address text not null check (length(address) <= 320),
  at timestamptz not null,
  primary key (mailbox_id, address)
) with (fillfactor = 70);
create index automatic_answer_at on automatic_answer (at);

alter table mailbox enable row level security;
create policy request_clients on mailbox to parley_request using (client_id = any (parley_clients()));
create policy system_all on mailbox to parley_system using (true) with check (true);
alter table mail_in enable row level security;
create policy request_clients on mail_in to parley_request using (client_id = any (parley_clients()));
create policy system_all on mail_in to parley_system using (true) with check (true);
alter table mail_thread enable row level security;
create policy request_clients on mail_thread to parley_request using (client_id = any (parley_clients()));
create policy system_all on mail_thread to parley_system using (true) with check (true);
alter table mail enable row level security;
create policy request_clients on mail to parley_request using (client_id = any (parley_clients()));
create policy system_all on mail to parley_system using (true) with check (true);
alter table attachment enable row level security;
create policy request_clients on attachment to parley_request using (client_id = any (parley_clients()));
create policy system_all on attachment to parley_system using (true) with check (true);
alter table outbox enable row level security;
create policy request_clients on outbox to parley_request using (client_id = any (parley_clients()));
create policy system_all on outbox to parley_system using (true) with check (true);
alter table mail_draft enable row level security;
create policy request_clients on mail_draft to parley_request using (client_id = any (parley_clients()));
create policy system_all on mail_draft to parley_system using (true) with check (true);
alter table imap_folder enable row level security;
create policy request_clients on imap_folder to parley_request using (exists (select from mailbox m where m.id = mailbox_id));
create policy system_all on imap_folder to parley_system using (true) with check (true);
alter table automatic_answer enable row level security;
create policy system_all on automatic_answer to parley_system using (true) with check (true);
alter table centre_relay enable row level security;
create policy system_all on centre_relay to parley_system using (true) with check (true);

grant select, insert, update on mailbox, centre_relay, imap_folder, mail_in, mail_thread, mail, attachment, outbox, mail_draft, automatic_answer
  to parley_system;
grant delete on centre_relay, imap_folder, attachment, mail_draft, automatic_answer to parley_system;
-- All of a mailbox but its secret, sealed as that is.
grant select (id, client_id, type_id, address, name_en, name_fr, language, inbound, imap, relay, signature_en, signature_fr, acknowledges,
              undo_seconds, open, version, created_at) on mailbox to parley_request;
grant select on imap_folder, mail_in, mail_thread, mail, attachment, outbox, mail_draft to parley_request;
