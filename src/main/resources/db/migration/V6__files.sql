-- Files (http.md, Files). The row of a file and its bytes appear together: see docs/decisions/0007-files.md.
--
-- About VOLATILE functions and planner settings: see the migrations before.

-- What stands in file_removals is to be removed from that time on, unless there is a row for it then:
-- so whoever puts bytes in their place says before it that they are to go, and the row, when it comes,
-- takes that back.
alter table file_removals add column due_at timestamptz not null default now();
create index idx_file_removals_due on file_removals (due_at);

-- Under this lock, and no other, the bytes of a file are put in their place and removed. It lasts until
-- the end of the transaction; the space's lock would hold up its writers while bytes are copied.
create function file_lock_key(space uuid, file uuid) returns bigint
  language sql immutable
as $$ select hashtextextended('file ' || space || ' ' || file, 0) $$;

-- Whether a caller may add a file to a space that was read or entered for it.
--   expires_at: when the caller's chain expires, in whole seconds since 1970; null for an owner
--   epoch: of the file's DEK
--   Returns null where it may, else not_found, forbidden, key_generation_stale, unknown_record (the
--   record does not live, or the file's id was deleted) or exists
create function file_refusal(
    s spaces, client text, chain text[], expires_at bigint, file uuid, record uuid, epoch int)
  returns text
  language plpgsql stable
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
declare
  code text := refusal(s, client, chain);
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

-- Looks whether a file may be added, and makes a personal space on its first use.
--   code: as file_refusal
create function admit_file(
    space uuid, client text, chain text[], expires_at bigint, file uuid, record uuid, epoch int,
    out code text)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
declare
  opened spaces;
begin
  select (o.opened).* into opened from open_space(space, client, chain) o;
  code := file_refusal(opened, client, chain, expires_at, file, record, epoch);
end $$;

-- Adds a file whose bytes are in their place.
--   code: added (at_cursor is its cursor), or as file_refusal
create function add_file(
    space uuid, client text, chain text[], expires_at bigint, file uuid, record uuid, epoch int,
    bytes bigint, dek bytea, out code text, out at_cursor bigint)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
declare
  entered spaces;
begin
  entered := enter_space(space, client);
  code := file_refusal(entered, client, chain, expires_at, file, record, epoch);
  if code is not null then
    return;
  end if;
  code := 'added';
  at_cursor := entered.cursor + 1;
  insert into files (space_id, id, record_id, size, wrapped_dek, cursor)
    values (space, file, record, bytes, dek, at_cursor);
  delete from file_removals r where r.space_id = space and r.file_id = file;
  update spaces s set cursor = at_cursor where s.id = space;
end $$;

-- Finds a file for a reader, and makes a personal space on its first use.
--   code: found, not_found (the space), forbidden or absent (the file, or it is deleted)
create function find_file(
    space uuid, client text, chain text[], file uuid,
    out code text, out bytes bigint, out dek bytea)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
begin
  select o.code into code from open_space(space, client, chain) o;
  if code is not null then
    return;
  end if;
  select f.size, f.wrapped_dek into bytes, dek
    from files f where f.space_id = space and f.id = file and not f.deleted;
  code := case when found then 'found' else 'absent' end;
end $$;
