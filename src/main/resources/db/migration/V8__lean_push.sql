-- The same push (methods.md), with all of it in one function: enter_space and refusal, called from
-- within it, each have planner settings of their own to be set and reset.
--
-- About VOLATILE functions and planner settings, and what the lock is for: see the migrations before.
create or replace function push_records(
    space uuid, client text, chain text[], ids uuid[], blobs bytea[], expected bigint[],
    deks bytea[], lowest_epoch int, out code text, out at_cursor bigint)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
  set enable_hashjoin = off set enable_mergejoin = off set enable_material = off
as $$
declare
  entered_at bigint;
  root bytea;
  minimum int;
begin
  -- As enter_space does it: the lock first.
  select s.cursor, s.root_public_key, s.min_key_generation into entered_at, root, minimum
    from spaces s where s.id = space for no key update;
  if entered_at is null and client is not null then
    insert into spaces (id, client_id) values (space, client) on conflict (id) do nothing;
    select s.cursor, s.root_public_key, s.min_key_generation into entered_at, root, minimum
      from spaces s where s.id = space for no key update;
  end if;
  -- As refusal does it, in its order.
  if entered_at is null then
    code := 'not_found';
    return;
  end if;
  if (client is null) <> (root is not null) then
    code := 'forbidden';
    return;
  end if;
  if chain is not null
      and exists (select from revocations r where r.space_id = space and r.ucan_cid = any (chain)) then
    code := 'forbidden';
    return;
  end if;
  at_cursor := entered_at;
  if root is not null and lowest_epoch < minimum then
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
