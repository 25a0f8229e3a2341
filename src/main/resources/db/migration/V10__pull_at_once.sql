-- The beginning of a pull (methods.md, pull) in one round trip: the way into the space, and what
-- follows a cursor, as pull_batch gives it. Its first row is the space itself, or why the caller may
-- not go on: of kind 3 with its cursor, key generation (chain_seq) and rewrap epoch (size), of kind -1
-- forbidden, of kind -2 not found.
--
-- VOLATILE, so that the rows are read after the cursor was: in the snapshot from before it, rows that
-- the cursor covers could be missing, and the client would never ask for them again.
create function begin_pull(
    space uuid, client text, chain text[], since bigint, without_tombstones boolean,
    max_rows int, max_bytes int, row_bytes int)
  returns table (
    kind int, cursor bigint, id uuid, chain_seq int, content bytea, wrapped_dek bytea,
    entry_hash bytea, prev_hash bytea, record_id uuid, size bigint, deleted boolean, bytes int)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  way record;
  last_id constant uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  last_seq constant int := 2147483647;
begin
  select o.code, o.opened into way from open_space(space, client, chain) as o;
  bytes := 0;
  if way.code is not null then
    kind := case way.code when 'not_found' then -2 else -1 end;
    return next;
    return;
  end if;
  kind := 3;
  cursor := (way.opened).cursor;
  chain_seq := (way.opened).key_generation;
  size := (way.opened).rewrap_epoch;
  return next;
  if (way.opened).cursor > since then
    return query
      select b.kind, b.cursor, b.id, b.chain_seq, b.content, b.wrapped_dek, b.entry_hash,
             b.prev_hash, b.record_id, b.size, b.deleted, b.bytes
        from pull_batch(
               space, (way.opened).cursor, without_tombstones, since, last_id, since, last_seq,
               since, last_id, max_rows, max_bytes, row_bytes) as b;
  end if;
end $$;
