-- The same rewrap (methods.md), whose time grows with the DEKs alone, whatever PostgreSQL knows of the
-- space. About VOLATILE functions and planner settings, and what the lock is for: see the fourth.
create or replace function rewrap_deks(
    target regclass, space uuid, client text, chain text[], ids uuid[], deks bytea[],
    lowest_epoch int, highest_epoch int, read_at bigint, out code text, out live int)
  language plpgsql volatile
  set enable_seqscan = off set enable_bitmapscan = off
  set enable_hashjoin = off set enable_mergejoin = off set enable_material = off
as $$
declare
  entered spaces;
  -- The first four bytes of a DEK that has the key generation of a rewrap in progress: it was pushed
  -- since, and is not overwritten by the one that it replaced.
  fresh bytea;
  unknown int;
  changed int;
begin
  entered := enter_space(space, client);
  code := refusal(entered, client, chain);
  if code is not null then
    return;
  end if;
  live := 0;
  if cardinality(ids) = 0 then
    code := 'rewrapped';
    return;
  end if;
  if lowest_epoch <> entered.key_generation or highest_epoch <> entered.key_generation then
    code := 'other_epoch';
    return;
  end if;
  if entered.rewrap_epoch is not null then
    fresh := decode(lpad(to_hex(entered.key_generation), 8, '0'), 'hex');
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
  -- A look-up for each DEK and then its row by its place: a join by space and id, planned while the
  -- statistics did not know the space yet, read all of its rows once for every one of them. Nobody
  -- moves a row meanwhile, for whoever writes in the space holds its lock.
  execute format($sql$
      update %1$s r set wrapped_dek = given.dek
        from unnest($2, $3) as given (id, dek), lateral (
          select old.ctid as place from %1$s old
           where old.space_id = $1 and old.id = given.id and not old.deleted
             and ($4 is null or substring(old.wrapped_dek for 4) is distinct from $4)
           offset 0) as live
       where r.ctid = live.place
      $sql$, target)
    using space, ids, deks, fresh;
  code := 'rewrapped';
end $$;
