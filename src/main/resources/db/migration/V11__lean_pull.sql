-- The same beginning of a pull (methods.md), with all of it in one function: open_space, refusal and
-- pull_batch, called from within it, each have planner settings of their own to be set and reset, and
-- the rows of a batch went through two stores.
--
-- About VOLATILE functions and planner settings: see the migrations before.
create or replace function begin_pull(
    space uuid, client text, chain text[], since bigint, without_tombstones boolean,
    max_rows int, max_bytes int, row_bytes int)
  returns table (
    kind int, cursor bigint, id uuid, chain_seq int, content bytea, wrapped_dek bytea,
    entry_hash bytea, prev_hash bytea, record_id uuid, size bigint, deleted boolean, bytes int)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
  entered spaces;
  last_id constant uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  last_seq constant int := 2147483647;
begin
  -- As open_space does it.
  select * into entered from spaces s where s.id = space;
  if entered.id is null and client is not null then
    insert into spaces (id, client_id) values (space, client) on conflict (id) do nothing;
    select * into entered from spaces s where s.id = space;
  end if;
  -- As refusal does it, in its order.
  bytes := 0;
  if entered.id is null then
    kind := -2;
    return next;
    return;
  end if;
  if (client is null) <> (entered.root_public_key is not null)
      or chain is not null
        and exists (select from revocations r where r.space_id = space and r.ucan_cid = any (chain)) then
    kind := -1;
    return next;
    return;
  end if;
  kind := 3;
  cursor := entered.cursor;
  chain_seq := entered.key_generation;
  size := entered.rewrap_epoch;
  return next;
  -- As pull_batch does it.
  if entered.cursor > since then
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
              where space_id = space and cursor <= entered.cursor
                and (cursor, id) > (since, last_id)
                and not (deleted and without_tombstones)
              order by cursor, id
              limit max_rows)
            union all
            (select 1, cursor, null, chain_seq, payload, null,
                    entry_hash, prev_hash, null,
                    null, false,
                    row_bytes + length(payload) + length(entry_hash)
               from members
              where space_id = space and cursor <= entered.cursor
                and (cursor, chain_seq) > (since, last_seq)
              order by cursor, chain_seq
              limit max_rows)
            union all
            (select 2, cursor, id, null, null, wrapped_dek,
                    null, null, record_id,
                    size, deleted,
                    row_bytes + length(wrapped_dek)
               from files
              where space_id = space and cursor <= entered.cursor
                and (cursor, id) > (since, last_id)
                and not (deleted and without_tombstones)
              order by cursor, id
              limit max_rows)
          ) as branch
      ) as b
     where b.bytes_before < max_bytes
     order by b.cursor, b.kind, b.id, b.chain_seq
     limit max_rows;
  end if;
end $$;
