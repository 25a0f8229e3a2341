-- What this release adds to the schema of the earlier one: on a database of the earlier release this
-- is the adoption, on a new one simply the next step.

-- A row 13 keeps the earlier release from starting here again: it would update records by id alone,
-- across spaces. Its history is looked at once more under a lock, since it may have migrated itself
-- after this server looked first.
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

-- Ids of records are made by clients: with a key of the id alone one tenant could block another's.
alter table files drop constraint files_record_fk;
alter table records drop constraint records_pkey;
alter table records add constraint records_pkey primary key (space_id, id);

-- Rows of the earlier release may break what follows: they are kept, and a constraint holds for what
-- is written from now on. What a row with an old fault must still be able to change (the cursor of a
-- space, the DEK of a live record, "is_active" of a key) is not held up by any of them.
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

-- A pull reads on from a key (cursor, then id or chain_seq), which has to be the index's whole order:
-- else each batch would read and sort everything that is left of one cursor.
drop index idx_files_space_cursor;
create index idx_files_space_cursor on files (space_id, cursor, id);
drop index idx_members_cursor;
create index idx_members_cursor on members (space_id, cursor, chain_seq);
-- For the files of a record that is deleted, and for the reference to it.
create index idx_files_record on files (space_id, record_id);

alter table revocations add column revoked_at timestamptz not null default now();

-- A mailbox belongs to the issuer that first showed it (auth.md, Mailbox).
create table mailbox_issuers (
  mailbox_id char(64) primary key,
  issuer text not null
);

-- Files whose bytes are to be removed from the file storage: written with the tombstone, deleted
-- when the bytes are gone, so that a crash in between loses nothing. No reference to spaces: the
-- bytes of a space that is deleted have to go as well.
create table file_removals (
  space_id uuid not null,
  file_id uuid not null,
  requested_at timestamptz not null default now(),
  primary key (space_id, file_id)
);
insert into file_removals (space_id, file_id) select space_id, id from files where deleted;
