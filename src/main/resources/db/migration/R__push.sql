call drop_functions('push_changes', 'push_records', 'push_together');

-- A push (methods.md, push): all changes or none, under one new cursor.
--   blobs: null deletes the record
--   expected: the cursor the caller last saw of each record; 0 if the record must not exist
--   lowest_epoch: the lowest epoch of all DEKs; the greatest int if there is none
--   sent: the bytes of all blobs
--   space_quota, owner_quota: see charge_space; person: the caller, if people are counted
--   spread: see charge_space
--   waits: whether to wait for the locks of the space and of the person, and to make a personal space that
--     does not exist
--   code: pushed (at_cursor is the new cursor, or the current one if there was no change), not_found,
--     forbidden, key_generation_stale, conflict or quota_exceeded (exceeded is the quota, used is what
--     counts for it); grant_needed if this database has too little of the quota of a person (exceeded is the
--     grant that it needs, used is what counts there, counts_for is the person); left_out if the caller does
--     not wait, and a lock is taken, the space does not exist, or all of it has to be counted first
-- Called by the functions below, which have planner settings.
create function push_changes(
    space uuid, client text, chain text[], ids uuid[], blobs bytea[], expected bigint[],
    deks bytea[], lowest_epoch int, sent bigint, space_quota bigint, person text, owner_quota bigint,
    spread boolean, waits boolean, out code text, out at_cursor bigint, out used bigint,
    out exceeded bigint, out counts_for text)
  language plpgsql volatile
as $$
declare
  locked spaces;
  owner text;
  charged record;
begin
  if waits then
    locked := lock_space(space, client);
  else
    select * into locked from spaces s where s.id = space for no key update skip locked;
    if not found then
      code := 'left_out';
      return;
    end if;
  end if;
  code := refusal(locked, client, chain);
  if code is not null then
    return;
  end if;
  at_cursor := locked.cursor;
  if locked.root_public_key is not null and lowest_epoch < locked.min_key_generation then
    code := 'key_generation_stale';
    return;
  end if;
  -- One look-up for each change instead of a join: a join that was planned while the table was small
  -- may read the whole space once for every change.
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
  -- A personal space counts for its caller, under the pseudonym in use today.
  owner := coalesce(case when client is not null then person end, locked.owner_hash);
  if space_quota is not null or owner_quota is not null then
    if 0 < any (expected) then
      sent := sent - overwritten_bytes(space, ids, blobs, expected);
    end if;
    used := locked.used_bytes + sent;
    -- A call would take longer than all this.
    if used is null or used > space_quota
        or (owner_quota is not null
            and (locked.owner_hash is distinct from owner
                 or used > up_to_step(locked.used_bytes, quota_step(owner_quota)))) then
      -- A space that was never counted is not counted while others wait. The lock is that of charge_space.
      if not waits and (used is null
          or owner_quota is not null and owner is not null
             and not pg_try_advisory_xact_lock(person_lock(owner))) then
        code := 'left_out';
        return;
      end if;
      charged := charge_space(
        space, locked.used_bytes, owner, sent, space_quota, owner_quota, spread);
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
  end if;
  at_cursor := at_cursor + 1;
  insert into records (space_id, id, blob, cursor, wrapped_dek, deleted)
    select space, change.id, change.content, at_cursor,
           case when change.content is not null then change.dek end, change.content is null
      from unnest(ids, blobs, deks) as change (id, content, dek)
    on conflict (space_id, id) do update
      set blob = excluded.blob, cursor = excluded.cursor, wrapped_dek = excluded.wrapped_dek,
          deleted = excluded.deleted;
  -- Deleting a record deletes its files.
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
  -- Without a quota nothing is counted, and what was counted before is no longer true.
  update spaces s set cursor = at_cursor, used_bytes = used, owner_hash = owner where s.id = space;
end $$;

-- One push. The last parameters have defaults, because a node of the release before, which may still run,
-- does not know them.
create function push_records(
    space uuid, client text, chain text[], ids uuid[], blobs bytea[], expected bigint[],
    deks bytea[], lowest_epoch int, sent bigint default null, space_quota bigint default null,
    person text default null, owner_quota bigint default null, waits boolean default true,
    spread boolean default false,
    out code text, out at_cursor bigint, out used bigint, out exceeded bigint, out counts_for text)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
  set enable_hashjoin = off set enable_mergejoin = off set enable_material = off
as $$
declare
  -- By assignment, which takes less time than a query.
  answer constant record := push_changes(space, client, chain, ids, blobs, expected, deks, lowest_epoch,
    sent, space_quota, person, owner_quota, spread, waits);
begin
  code := answer.code;
  at_cursor := answer.at_cursor;
  used := answer.used;
  exceeded := answer.exceeded;
  counts_for := answer.counts_for;
end $$;

-- Several pushes in one transaction, none of which deletes a record. None of them waits for the lock of its
-- space or of a person, so that no push keeps another one waiting.
--   wanted, clients, chains, lowest_epochs, sizes, space_quotas, persons, owner_quotas: one of each push; a
--     chain is the CIDs, separated by spaces
--   counts: the number of changes of each push
--   ids, blobs, expected, deks: one of each change, push after push
-- The answers have the order of the pushes.
create function push_together(
    wanted uuid[], clients text[], chains text[], counts int[], ids uuid[], blobs bytea[],
    expected bigint[], deks bytea[], lowest_epochs int[], sizes bigint[], space_quotas bigint[],
    persons text[], owner_quotas bigint[], spread boolean default false)
  returns table (code text, at_cursor bigint, used bigint, exceeded bigint)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
  set enable_hashjoin = off set enable_mergejoin = off set enable_material = off
as $$
declare
  answer record;
  since int := 1;
  until int;
begin
  for n in 1 .. cardinality(wanted) loop
    until := since + counts[n] - 1;
    answer := push_changes(wanted[n], clients[n], string_to_array(chains[n], ' '), ids[since:until],
      blobs[since:until], expected[since:until], deks[since:until], lowest_epochs[n], sizes[n],
      space_quotas[n], persons[n], owner_quotas[n], spread, false);
    code := answer.code;
    at_cursor := answer.at_cursor;
    used := answer.used;
    exceeded := answer.exceeded;
    return next;
    since := until + 1;
  end loop;
end $$;
