-- What this release adds to the tables of the earlier one. On a database of the earlier release this is
-- the adoption; on a new one it is simply the next step.

-- Row 13 stops the earlier release from starting on this database: it would update records by id alone,
-- across spaces. The history is checked again under a lock, because the earlier release may have
-- migrated the database after this server looked at it.
do $$
begin
  if to_regclass('_sqlx_migrations') is null then
    return;
  end if;
  lock table _sqlx_migrations in access exclusive mode;
  if exists (select from _sqlx_migrations where not success)
      or (select array_agg(version order by version) from _sqlx_migrations)
         is distinct from array[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]::bigint[] then
    raise exception 'the history of the earlier release is no longer at version 12';
  end if;
  insert into _sqlx_migrations (version, description, success, checksum, execution_time)
    values (13, 'adopted by another release', true, decode(repeat('00', 48), 'hex'), 0);
end $$;

-- Clients choose the ids of records. If the id alone were the key, one tenant could block another's ids.
alter table files drop constraint files_record_fk;
alter table records drop constraint records_pkey;
alter table records add constraint records_pkey primary key (space_id, id);

-- Rows of the earlier release may break the constraints below. They are kept, and the constraints hold
-- for whatever is written from now on. None of them blocks the updates that such an old row still needs:
-- the cursor of a space, the DEK of a live record, is_active of a signing key.
alter table files add constraint files_record_fk
  foreign key (space_id, record_id) references records (space_id, id) not valid;
alter table records add constraint records_dek_check
  check (length(wrapped_dek) = 44) not valid;
alter table records add constraint records_tombstone_check
  check (not deleted or (blob is null and wrapped_dek is null)) not valid;
alter table members add constraint members_entry_check
  check (length(prev_hash) = 32 and length(entry_hash) = 32 and length(payload) > 0) not valid;
alter table revocations add constraint revocations_cid_check
  check (ucan_cid ~ '^[0-9a-f]{64}$') not valid;
alter table invitations add constraint invitations_mailbox_check
  check (mailbox_id ~ '^[0-9a-f]{64}$') not valid;
alter table federation_signing_keys add constraint federation_signing_keys_primary_check
  check (not is_primary or (length(private_key) = 32 and length(public_key) = 32)) not valid;

do $$
declare
  c record;
begin
  for c in
    select conrelid::regclass as owner, conname from pg_constraint
     where not convalidated
       and connamespace = (select oid from pg_namespace where nspname = current_schema())
       and conname in ('files_record_fk', 'records_dek_check', 'records_tombstone_check',
         'members_entry_check', 'revocations_cid_check', 'invitations_mailbox_check',
         'federation_signing_keys_primary_check')
  loop
    begin
      execute format('alter table %s validate constraint %I', c.owner, c.conname);
    exception when check_violation or foreign_key_violation then
      raise notice 'rows of the earlier release break %', c.conname;
    end;
  end loop;
end $$;

-- A pull resumes after a key: a cursor, then an id or chain_seq. The index must have exactly that order.
-- Otherwise each batch would read and sort everything that is left of one cursor.
drop index idx_files_space_cursor;
create index idx_files_space_cursor on files (space_id, cursor, id);
drop index idx_members_cursor;
create index idx_members_cursor on members (space_id, cursor, chain_seq);
-- Finds the files of a deleted record, and serves the foreign key.
create index idx_files_record on files (space_id, record_id);

alter table revocations add column revoked_at timestamptz not null default now();

-- A mailbox belongs to the issuer that presented it first (auth.md, Mailbox).
create table mailbox_issuers (
  mailbox_id char(64) primary key,
  issuer text not null
);

-- Files whose bytes must be removed from the file storage. A row is written in the transaction that
-- deletes the file, and removed once the bytes are gone, so a crash in between loses nothing. The bytes
-- are removed from due_at on, unless the file has a row in files by then: an upload first registers its
-- bytes for removal, and the row that it adds to files cancels that (docs/decisions/0007-files.md). There is no
-- reference to spaces, because the bytes of a deleted space must go as well.
create table file_removals (
  space_id uuid not null,
  file_id uuid not null,
  requested_at timestamptz not null default now(),
  due_at timestamptz not null default now(),
  primary key (space_id, file_id)
);
create index idx_file_removals_due on file_removals (due_at);
insert into file_removals (space_id, file_id) select space_id, id from files where deleted;

-- The repeatable migrations (R__*.sql) hold the functions, and each of them starts with a call of this
-- procedure: "create or replace" can change neither the result type of a function nor its parameters.
-- Only the current schema is touched; others on the search path may hold another installation.
create procedure drop_functions(variadic names text[])
  language plpgsql
as $$
declare
  former regprocedure;
begin
  for former in
    select p.oid from pg_proc p
     where p.proname = any (names) and p.prokind = 'f'
       and p.pronamespace = (select n.oid from pg_namespace n where n.nspname = current_schema())
  loop
    execute format('drop function %s', former);
  end loop;
end $$;
