call drop_functions('pull_rows', 'begin_pull', 'pull_batch', 'pull_mark', 'replica_batch');
do $$
begin
  -- The type of this schema, and of no other on the search path.
  execute format('drop type if exists %I.pull_row', current_schema());
end $$;

-- One row of a pull. What it is decides which columns are set.
--   kind: 0 a record, 1 an entry of the membership log, 2 a file, 3 the space itself;
--     -1 the caller may not enter the space, -2 there is no such space, -3 the replica is behind
--   content: the blob of a record, or the payload of an entry
--   bytes: what the row counts for
--   key_generation, rewrap_epoch: those of the space, in its own row only
create type pull_row as (
    kind int, cursor bigint, id uuid, chain_seq int, content bytea, wrapped_dek bytea,
    entry_hash bytea, prev_hash bytea, record_id uuid, size bigint, deleted boolean, bytes int,
    key_generation int, rewrap_epoch int);

-- The rows that a pull sends (methods.md, pull): everything after the given keys, up to a cursor, in the
-- order (cursor; records, members, files; id or chain_seq). At most max_rows rows, ending with the row
-- that reaches max_bytes.
--   row_bytes: what a row counts for in addition to its byte columns
--
-- Each branch reads its index in order and stops after max_rows. Blobs that are stored out of line are
-- fetched only for the rows that are sent. PostgreSQL inlines this function into the queries of the two
-- functions below, which is why it is in SQL and has no SET clause.
create function pull_rows(
    space uuid, up_to bigint, without_tombstones boolean,
    after_record_cursor bigint, after_record uuid, after_member_cursor bigint, after_member int,
    after_file_cursor bigint, after_file uuid, max_rows int, max_bytes int, row_bytes int)
  returns setof pull_row
  language sql stable
as $$
  select b.kind, b.cursor, b.id, b.chain_seq, b.content, b.wrapped_dek, b.entry_hash, b.prev_hash,
         b.record_id, b.size, b.deleted, b.bytes, null::int, null::int
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
   limit max_rows
$$;

-- Begins a pull in one round trip: the space, then its first rows after a cursor. The first row is the
-- space itself, with its cursor, key_generation and rewrap_epoch, or says why the caller may not enter.
--
-- VOLATILE, so that the rows are read in a later snapshot than the cursor. In an earlier one, rows that
-- the cursor covers could be missing, and the client would never ask for them again.
create function begin_pull(
    space uuid, client text, chain text[], since bigint, without_tombstones boolean,
    max_rows int, max_bytes int, row_bytes int)
  returns setof pull_row
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  opened spaces := read_space(space, client);
  code constant text := refusal(opened, client, chain);
  last_id constant uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  last_seq constant int := 2147483647;
  head pull_row;
begin
  head.bytes := 0;
  if code is not null then
    head.kind := case code when 'not_found' then -2 else -1 end;
    return next head;
    return;
  end if;
  head.kind := 3;
  head.cursor := opened.cursor;
  head.key_generation := opened.key_generation;
  head.rewrap_epoch := opened.rewrap_epoch;
  return next head;
  if opened.cursor > since then
    return query
    select *
      from pull_rows(
        space, opened.cursor, without_tombstones, since, last_id, since, last_seq, since, last_id,
        max_rows, max_bytes, row_bytes);
  end if;
end $$;

-- The next rows of a pull, for a caller who has begun it; a single row of kind -1 if the caller may no
-- longer enter the space.
create function pull_batch(
    space uuid, client text, chain text[], up_to bigint, without_tombstones boolean,
    after_record_cursor bigint, after_record uuid, after_member_cursor bigint, after_member int,
    after_file_cursor bigint, after_file uuid, max_rows int, max_bytes int, row_bytes int)
  returns setof pull_row
  language plpgsql stable
  set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  refused pull_row;
begin
  if refusal((select s from spaces s where s.id = space), client, chain) is not null then
    refused.kind := -1;
    refused.bytes := 0;
    return next refused;
    return;
  end if;
  return query
  select *
    from pull_rows(
      space, up_to, without_tombstones, after_record_cursor, after_record, after_member_cursor,
      after_member, after_file_cursor, after_file, max_rows, max_bytes, row_bytes);
end $$;

-- Asked on the primary, before a read replica is asked for the next rows of a pull that began on the primary.
--   code: why the caller may no longer enter the space; null if the caller may
--   timeline, written: a place in the write-ahead log. All that the pull has seen is at or before it.
create function pull_mark(
    space uuid, client text, chain text[], out code text, out timeline int, out written bigint)
  language plpgsql stable
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
declare
  place constant pg_lsn := pg_current_wal_insert_lsn();
begin
  code := refusal((select s from spaces s where s.id = space), client, chain);
  timeline := ('x' || left(pg_walfile_name(place), 8))::bit(32)::int;
  written := place - '0/0'::pg_lsn;
end $$;

-- The next rows of a pull, on a read replica; a single row of kind -3 if it has not replayed up to a place in
-- the write-ahead log of the primary. A replica that does not follow the primary of today has another timeline:
-- it may hold what was lost in a failover.
--
-- VOLATILE, so that the rows are read in a later snapshot than the place that the replica has reached.
create function replica_batch(
    timeline int, written bigint, space uuid, up_to bigint, without_tombstones boolean,
    after_record_cursor bigint, after_record uuid, after_member_cursor bigint, after_member int,
    after_file_cursor bigint, after_file uuid, max_rows int, max_bytes int, row_bytes int)
  returns setof pull_row
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  behind pull_row;
begin
  if not pg_is_in_recovery() then
    -- The SQLSTATE makes the server discard its connections to it.
    raise exception 'this database is not a replica' using errcode = 'cannot_connect_now';
  end if;
  if pg_last_wal_replay_lsn() - '0/0'::pg_lsn < written
      or (select c.timeline_id from pg_control_checkpoint() c) <> timeline then
    behind.kind := -3;
    behind.bytes := 0;
    return next behind;
    return;
  end if;
  return query
  select *
    from pull_rows(
      space, up_to, without_tombstones, after_record_cursor, after_record, after_member_cursor,
      after_member, after_file_cursor, after_file, max_rows, max_bytes, row_bytes);
  -- After the rows: once the space has left the primary, its rows there are removed, and those read here
  -- may lack some.
  perform is_here(s.elsewhere) from spaces s where s.id = space;
end $$;
