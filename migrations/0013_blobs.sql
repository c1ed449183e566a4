-- Files of clients by their content. The bytes lie elsewhere, sealed under the key that stands here and nowhere else.
create table blob_store (
  only_row boolean primary key default true check (only_row),
  id uuid not null                           -- begins the names of this database's objects
);
insert into blob_store (id) values (gen_random_uuid());

create table blob (
  client_id uuid not null references client,
  hash bytea not null check (length(hash) = 32),
  object uuid not null unique,               -- the bytes' name; other bytes of the same content have another
  key bytea not null check (length(key) = 32),
  size bigint not null check (size >= 0),
  content_type text not null check (length(content_type) between 1 and 255),
  stored_at timestamptz not null,
  expires_at timestamptz,                    -- none: kept, by what refers to it
  primary key (client_id, hash)
);
create index blob_expiring on blob (expires_at) where expires_at is not null;

alter table blob enable row level security;
create policy system_all on blob to parley_system using (true) with check (true);

grant select on blob_store to parley_system;
grant select, insert, delete, update (expires_at) on blob to parley_system;
