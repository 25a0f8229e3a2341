call drop_functions('file_lock_key', 'hold_space', 'lock_file', 'try_lock_file', 'file_refusal', 'admit_file', 'add_file', 'find_file');

-- Files (http.md, Files). The row of a file and its bytes appear together: docs/decisions/0007-files.md.

-- The advisory lock under which the bytes of a file are put in place and removed. It lasts until the end
-- of the transaction. The lock of the space would block its writers while bytes are copied.
create function file_lock_key(space uuid, file uuid) returns bigint
  language sql immutable
as $$ select hashtextextended('file ' || space || ' ' || file, 0) $$;

-- Keeps a space from moving to another database until the transaction ends, and does not block its writers.
-- For work on the bytes of files, which both databases share: two that held the lock of a file in different
-- databases could pair the DEK of one with the bytes of the other.
create function hold_space(space uuid) returns void
  language plpgsql volatile
as $$
declare
  place text;
begin
  select s.elsewhere into place from spaces s where s.id = space for key share;
  perform is_here(place);
end $$;

-- Takes the lock of a file, and keeps its space where it is.
create function lock_file(space uuid, file uuid) returns void
  language plpgsql volatile
as $$
begin
  perform hold_space(space);
  perform pg_advisory_xact_lock(file_lock_key(space, file));
end $$;

-- The same, if nobody has the lock. Returns whether it was taken.
create function try_lock_file(space uuid, file uuid) returns boolean
  language plpgsql volatile
as $$
begin
  perform hold_space(space);
  return pg_try_advisory_xact_lock(file_lock_key(space, file));
end $$;

-- Why a caller may not add a file to a space; null if the caller may. Returns not_found, forbidden,
-- key_generation_stale, unknown_record (the record is not live, or the id is that of a deleted file) or
-- exists.
--   s: the row of the space
--   expires_at: when the caller's chain expires, in seconds since 1970; null for an owner
--   epoch: of the file's DEK
create function file_refusal(
    s spaces, client text, chain text[], expires_at bigint, file uuid, record uuid, epoch int)
  returns text
  language plpgsql stable
as $$
declare
  code constant text := refusal(s, client, chain);
  file_deleted boolean;
begin
  if code is not null then
    return code;
  end if;
  if expires_at < floor(extract(epoch from clock_timestamp())) then
    return 'forbidden';
  end if;
  if s.root_public_key is not null and epoch < s.min_key_generation then
    return 'key_generation_stale';
  end if;
  select f.deleted into file_deleted from files f where f.space_id = s.id and f.id = file;
  if file_deleted
      or not exists (
        select from records r where r.space_id = s.id and r.id = record and not r.deleted) then
    return 'unknown_record';
  end if;
  return case when file_deleted is not null then 'exists' end;
end $$;

-- Checks whether a file may be added, before its bytes are sent. A personal space is created on first use.
-- The quotas are as in push_records.
--   code: what file_refusal returns, or quota_exceeded (exceeded is the quota, used is what counts for it),
--     or grant_needed, as in push_changes
create function admit_file(
    space uuid, client text, chain text[], expires_at bigint, file uuid, record uuid, epoch int,
    size bigint default null, space_quota bigint default null, person text default null,
    owner_quota bigint default null, spread boolean default false,
    out code text, out used bigint, out exceeded bigint, out counts_for text)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
declare
  found_space constant spaces := read_space(space, client);
  owner constant text :=
    coalesce(case when client is not null then person end, found_space.owner_hash);
  charged record;
begin
  code := file_refusal(found_space, client, chain, expires_at, file, record, epoch);
  if code is null and (space_quota is not null or owner_quota is not null) then
    charged := charge_space(
      space, found_space.used_bytes, owner, size, space_quota, owner_quota, spread);
    used := charged.used;
    exceeded := charged.exceeded;
    if charged.needed is not null then
      code := 'grant_needed';
      exceeded := charged.needed;
      counts_for := owner;
    elsif exceeded is not null then
      code := 'quota_exceeded';
    end if;
  end if;
end $$;

-- Adds a file whose bytes are in place. The quotas are as in push_records.
--   code: added (at_cursor is its cursor), or what admit_file returns
create function add_file(
    space uuid, client text, chain text[], expires_at bigint, file uuid, record uuid, epoch int,
    size bigint, dek bytea, space_quota bigint default null, person text default null,
    owner_quota bigint default null, spread boolean default false,
    out code text, out at_cursor bigint, out used bigint, out exceeded bigint, out counts_for text)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
declare
  locked spaces;
  owner text;
  charged record;
begin
  locked := lock_space(space, client);
  code := file_refusal(locked, client, chain, expires_at, file, record, epoch);
  if code is not null then
    return;
  end if;
  owner := coalesce(case when client is not null then person end, locked.owner_hash);
  if space_quota is not null or owner_quota is not null then
    charged := charge_space(
      space, locked.used_bytes, owner, size, space_quota, owner_quota, spread);
    used := charged.used;
    if charged.needed is not null then
      code := 'grant_needed';
      exceeded := charged.needed;
      counts_for := owner;
      return;
    end if;
    exceeded := charged.exceeded;
    if exceeded is not null then
      code := 'quota_exceeded';
      return;
    end if;
  end if;
  code := 'added';
  at_cursor := locked.cursor + 1;
  insert into files (space_id, id, record_id, size, wrapped_dek, cursor)
    values (space, file, record, size, dek, at_cursor);
  delete from file_removals r where r.space_id = space and r.file_id = file;
  update spaces s set cursor = at_cursor, used_bytes = used, owner_hash = owner where s.id = space;
end $$;

-- Finds a file for a reader. A personal space is created on first use.
--   code: found, not_found (the space), forbidden, or absent (no such file, or it was deleted)
create function find_file(
    space uuid, client text, chain text[], file uuid,
    out code text, out size bigint, out wrapped_dek bytea)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
begin
  code := refusal(read_space(space, client), client, chain);
  if code is not null then
    return;
  end if;
  select f.size, f.wrapped_dek into size, wrapped_dek
    from files f where f.space_id = space and f.id = file and not f.deleted;
  code := case when found then 'found' else 'absent' end;
end $$;
