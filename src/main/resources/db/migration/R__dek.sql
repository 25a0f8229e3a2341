call drop_functions('dek_batch', 'rewrap_deks');

-- The DEKs of live records or files after a key (cursor, id), up to a cursor, in that order (methods.md,
-- deks.get). A single row without an id if the caller may no longer enter the space.
--   target: records or files
create function dek_batch(
    target regclass, space uuid, client text, chain text[], after_cursor bigint, after_id uuid,
    up_to bigint, max_rows int)
  returns table (id uuid, wrapped_dek bytea, cursor bigint)
  language plpgsql stable
  set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
as $$
#variable_conflict use_column
begin
  if refusal((select s from spaces s where s.id = space), client, chain) is not null then
    return next;
    return;
  end if;
  return query execute format($sql$
      select r.id, r.wrapped_dek, r.cursor from %s r
       where r.space_id = $1 and (r.cursor, r.id) > ($2, $3) and r.cursor <= $4
         and not r.deleted and r.wrapped_dek is not null
       order by r.cursor, r.id limit $5
      $sql$, target)
    using space, after_cursor, after_id, up_to, max_rows;
end $$;

-- Rewraps the DEKs of records or files (methods.md, deks.rewrap): all or none. Cursors stay as they are.
-- The time grows with the number of DEKs alone, whatever the statistics of PostgreSQL say.
--   target: records or files
--   ids: of different rows; deks: 44 bytes each
--   lowest_epoch, highest_epoch: over all DEKs
--   read_at: the cursor of the space when the caller read the DEKs; null if it did not
--   code: rewrapped (live is the number of rows that are no tombstones), not_found, forbidden,
--     other_epoch, unknown or changed
create function rewrap_deks(
    target regclass, space uuid, client text, chain text[], ids uuid[], deks bytea[],
    lowest_epoch int, highest_epoch int, read_at bigint, out code text, out live int)
  language plpgsql volatile
  set enable_seqscan = off set enable_bitmapscan = off
  set enable_hashjoin = off set enable_mergejoin = off set enable_material = off
as $$
declare
  locked spaces;
  -- While a rewrap is in progress: the first four bytes of a DEK of the new key generation. Such a DEK
  -- was pushed after the epoch began, and must not be overwritten with the DEK that it replaced.
  fresh bytea;
  unknown int;
  changed int;
begin
  locked := lock_space(space, client);
  code := refusal(locked, client, chain);
  if code is not null then
    return;
  end if;
  live := 0;
  if cardinality(ids) = 0 then
    code := 'rewrapped';
    return;
  end if;
  if lowest_epoch <> locked.key_generation or highest_epoch <> locked.key_generation then
    code := 'other_epoch';
    return;
  end if;
  if locked.rewrap_epoch is not null then
    fresh := decode(lpad(to_hex(locked.key_generation), 8, '0'), 'hex');
  end if;
  execute format($sql$
      select count(*) filter (where row.id is null),
             count(*) filter (where not row.deleted),
             count(*) filter (where not row.deleted and row.cursor > $3
                                and ($4 is null or substring(row.wrapped_dek for 4) is distinct from $4))
        from unnest($2) as given (id)
        left join lateral (
          select r.id, r.deleted, r.cursor, r.wrapped_dek from %s r
           where r.space_id = $1 and r.id = given.id offset 0) as row on true
      $sql$, target)
    into unknown, live, changed using space, ids, read_at, fresh;
  if unknown > 0 then
    code := 'unknown';
    return;
  end if;
  if changed > 0 then
    code := 'changed';
    return;
  end if;
  -- Each DEK's row is looked up by its id and then updated by its place. A join by space and id, planned
  -- before the statistics knew the space, read all rows of the space once for each DEK. No row moves
  -- in between, since every writer in the space holds its lock. A place alone would not do: on a
  -- partitioned table each partition has a row at the same place.
  execute format($sql$
      update %1$s r set wrapped_dek = given.dek
        from unnest($2, $3) as given (id, dek), lateral (
          select old.ctid as place from %1$s old
           where old.space_id = $1 and old.id = given.id and not old.deleted
             and ($4 is null or substring(old.wrapped_dek for 4) is distinct from $4)
           offset 0) as live
       where r.space_id = $1 and r.ctid = live.place
      $sql$, target)
    using space, ids, deks, fresh;
  code := 'rewrapped';
end $$;
