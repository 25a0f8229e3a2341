-- The first two functions are VOLATILE: each statement in them sees what was committed before it
-- began. In a single statement everything would see the snapshot from before it waited for a lock.
--
-- Planner settings: the way by the index is the right one for any number of rows, and the planner
-- has no statistics of a table that has just been filled. Generic plans are made once a session; a
-- custom one also copies the arrays, with all their blobs, into the plan.

-- The spaces of these ids, with the caller's personal one made where it is missing. A space that
-- another call makes at the same time is waited for by "on conflict" and seen by the last statement.
create function open_spaces(wanted uuid[], personal uuid, client text)
  returns setof spaces language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
begin
  if not exists (select from spaces s where s.id = personal) then
    insert into spaces (id, client_id) values (personal, client) on conflict (id) do nothing;
  end if;
  return query select * from spaces s where s.id = any (wanted);
end $$;

-- A push (methods.md): all changes or none, under one new cursor.
--   client: the push is to the caller's personal space, made where it is missing; null: to a shared one
--   blobs: null deletes the record
--   lowest_epoch: of all deks; the greatest int where there is none
--   code: pushed (at_cursor is the cursor), not_found, not_personal, key_generation_stale, conflict
create function push_records(
    space uuid, client text, ids uuid[], blobs bytea[], expected bigint[], deks bytea[],
    lowest_epoch int, out code text, out at_cursor bigint)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
  set enable_hashjoin = off set enable_mergejoin = off set enable_material = off
as $$
declare
  is_shared boolean;
  min_epoch int;
begin
  -- The lock comes first and the look at the records second: of two pushes to one record the one
  -- that waits here must see what the other has written. It also makes cursors visible in order. It
  -- does not stand in the way of "for key share", which foreign keys take.
  select s.root_public_key is not null, s.min_key_generation, s.cursor
    into is_shared, min_epoch, at_cursor
    from spaces s where s.id = space for no key update;
  if not found and client is not null then
    insert into spaces (id, client_id) values (space, client) on conflict (id) do nothing;
    select s.root_public_key is not null, s.min_key_generation, s.cursor
      into is_shared, min_epoch, at_cursor
      from spaces s where s.id = space for no key update;
  end if;
  if at_cursor is null then
    code := 'not_found';
    return;
  end if;
  if is_shared and client is not null then
    code := 'not_personal';
    return;
  end if;
  if is_shared and lowest_epoch < min_epoch then
    code := 'key_generation_stale';
    return;
  end if;
  -- A look-up for each change, not a join: a join planned while the table was small may read the
  -- whole space once for every change.
  if exists (
      select from unnest(ids, expected) as change (id, seen)
       where (select r.cursor from records r where r.space_id = space and r.id = change.id)
         is distinct from nullif(change.seen, 0)) then
    code := 'conflict';
    return;
  end if;

  code := 'pushed';
  if cardinality(ids) = 0 then
    return;
  end if;
  at_cursor := at_cursor + 1;
  insert into records (space_id, id, blob, cursor, wrapped_dek, deleted)
    select space, change.id, change.content, at_cursor,
           case when change.content is not null then change.dek end, change.content is null
      from unnest(ids, blobs, deks) as change (id, content, dek)
    on conflict (space_id, id) do update
      set blob = excluded.blob, cursor = excluded.cursor, wrapped_dek = excluded.wrapped_dek,
          deleted = excluded.deleted;
  if array_position(blobs, null) is not null then
    with gone as (
      update files f set deleted = true, size = 0, wrapped_dek = '', cursor = at_cursor
        from unnest(ids, blobs) as change (id, content), lateral (
          select owned.id from files owned
           where owned.space_id = space and owned.record_id = change.id and not owned.deleted
           offset 0) as live
       where change.content is null and f.space_id = space and f.id = live.id
      returning f.id)
    insert into file_removals (space_id, file_id) select space, gone.id from gone
      on conflict do nothing;
  end if;
  update spaces s set cursor = at_cursor where s.id = space;
end $$;

-- A batch of a pull (methods.md, pull): what follows the given keys up to a cursor, in the order
-- (cursor; records, members, files; id or chain_seq), at most so many rows, up to and including the
-- row that reaches so many bytes. Each branch reads its index in order and ends with max_rows. Blobs
-- stored out of line are fetched for the rows that are sent only.
--   row_bytes: what a row counts for beside its byte fields
create function pull_batch(
    space uuid, up_to bigint, without_tombstones boolean,
    after_record_cursor bigint, after_record uuid, after_member_cursor bigint, after_member int,
    after_file_cursor bigint, after_file uuid, max_rows int, max_bytes int, row_bytes int)
  returns table (
    kind int, cursor bigint, id uuid, chain_seq int, content bytea, wrapped_dek bytea,
    entry_hash bytea, prev_hash bytea, record_id uuid, size bigint, deleted boolean, bytes int)
  language plpgsql stable
  set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
as $$
#variable_conflict use_column
begin
  return query
  select b.kind, b.cursor, b.id, b.chain_seq, b.content, b.wrapped_dek, b.entry_hash, b.prev_hash,
         b.record_id, b.size, b.deleted, b.bytes
    from (
      select branch.*,
             sum(branch.bytes) over (
                 order by branch.cursor, branch.kind, branch.id, branch.chain_seq
                 rows unbounded preceding)
               - branch.bytes as bytes_before
        from (
          (select 0 as kind, cursor, id, null::int as chain_seq, blob as content, wrapped_dek,
                  null::bytea as entry_hash, null::bytea as prev_hash, null::uuid as record_id,
                  null::bigint as size, deleted,
                  row_bytes + coalesce(length(blob), 0) + coalesce(length(wrapped_dek), 0) as bytes
             from records
            where space_id = space and cursor <= up_to
              and (cursor, id) > (after_record_cursor, after_record)
              and not (deleted and without_tombstones)
            order by cursor, id
            limit max_rows)
          union all
          (select 1, cursor, null, chain_seq, payload, null,
                  entry_hash, prev_hash, null,
                  null, false,
                  row_bytes + length(payload) + length(entry_hash)
             from members
            where space_id = space and cursor <= up_to
              and (cursor, chain_seq) > (after_member_cursor, after_member)
            order by cursor, chain_seq
            limit max_rows)
          union all
          (select 2, cursor, id, null, null, wrapped_dek,
                  null, null, record_id,
                  size, deleted,
                  row_bytes + length(wrapped_dek)
             from files
            where space_id = space and cursor <= up_to
              and (cursor, id) > (after_file_cursor, after_file)
              and not (deleted and without_tombstones)
            order by cursor, id
            limit max_rows)
        ) as branch
    ) as b
   where b.bytes_before < max_bytes
   order by b.cursor, b.kind, b.id, b.chain_seq
   limit max_rows;
end $$;
