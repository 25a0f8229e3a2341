-- The schema of the earlier betterbase-sync release. A new database starts with it too, so that both
-- kinds of database go the same way from here on. A database of that release is adopted without running
-- this file (storage.md), so never change it.

create table spaces (
  id uuid primary key,
  client_id text not null,
  root_public_key bytea,
  key_generation int not null default 1,
  min_key_generation int not null default 1,
  metadata_version int not null default 0,
  cursor bigint not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  rewrap_epoch int,
  home_server text
);

create function update_updated_at_column() returns trigger language plpgsql
  as 'begin new.updated_at := now(); return new; end';

create trigger spaces_updated_at before update on spaces
  for each row execute function update_updated_at_column();

create table records (
  id uuid primary key,
  space_id uuid not null references spaces (id) on delete cascade,
  blob bytea,
  cursor bigint not null,
  wrapped_dek bytea,
  deleted boolean not null default false
);
create index idx_records_sync on records (space_id, cursor, id);

create table files (
  space_id uuid not null references spaces (id) on delete cascade,
  id uuid not null,
  size bigint not null,
  wrapped_dek bytea not null,
  record_id uuid not null constraint files_record_fk references records (id),
  cursor bigint not null default 0,
  deleted boolean not null default false,
  primary key (space_id, id),
  constraint files_not_deleted_check check (
    deleted or (size >= 0 and wrapped_dek is not null and length(wrapped_dek) = 44))
);
create index idx_files_record_id on files (record_id);
create index idx_files_space_cursor on files (space_id, cursor);

create table members (
  space_id uuid not null references spaces (id) on delete cascade,
  chain_seq int not null,
  prev_hash bytea,
  entry_hash bytea not null,
  payload bytea not null,
  cursor bigint not null default 0,
  primary key (space_id, chain_seq)
);
create index idx_members_cursor on members (space_id, cursor);

create table revocations (
  space_id uuid not null references spaces (id) on delete cascade,
  ucan_cid text not null,
  unique (space_id, ucan_cid)
);

create table invitations (
  id uuid primary key default gen_random_uuid(),
  mailbox_id char(64) not null,
  payload bytea not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index idx_invitations_mailbox on invitations (mailbox_id, created_at desc);
create index idx_invitations_expires_at on invitations (expires_at);

create table rate_limit_actions (
  action varchar(32) not null,
  actor_hash char(64) not null,
  created_at timestamptz not null default now()
);
create index idx_rate_limit_actions_lookup on rate_limit_actions (action, actor_hash, created_at);

create table federation_signing_keys (
  kid text primary key,
  private_key bytea not null,
  public_key bytea not null,
  created_at timestamptz not null default now(),
  is_active boolean not null default true,
  is_primary boolean not null default false,
  deactivated_at timestamptz
);
create unique index federation_signing_keys_single_primary_idx
  on federation_signing_keys (is_primary) where is_primary = true;
