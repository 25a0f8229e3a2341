call drop_functions('space_bytes', 'overwritten_bytes', 'quota_step', 'up_to_step', 'person_lock', 'count_person', 'charge_space', 'create_space');

-- Storage quotas (storage.md, Storage quotas). Each change of a space counts what the space holds, under
-- the lock of its row, so the count is exact however many write at once.

-- The bytes of a space: those of its blobs and its files.
create function space_bytes(space uuid) returns bigint
  language sql stable
as $$
  select (select coalesce(sum(octet_length(r.blob)), 0) from records r where r.space_id = space)
       + (select coalesce(sum(f.size), 0) from files f where f.space_id = space and not f.deleted)
$$;

-- The bytes of the blobs and files that a push overwrites or deletes in a space that it has locked. The
-- parameters are those of push_records, whose expected cursors have been found right.
create function overwritten_bytes(space uuid, ids uuid[], blobs bytea[], expected bigint[])
  returns bigint
  language plpgsql stable
as $$
declare
  -- The length of a blob that is stored apart is read without the blob.
  bytes bigint := (
    select coalesce(sum(octet_length(former.blob)), 0)
      from unnest(ids, expected) as change (id, seen), lateral (
        select r.blob from records r where r.space_id = space and r.id = change.id offset 0) as former
     where change.seen > 0);
begin
  if array_position(blobs, null) is not null then
    bytes := bytes + (
      select coalesce(sum(owned.size), 0)
        from unnest(ids, blobs) as change (id, content), lateral (
          select f.size from files f
           where f.space_id = space and f.record_id = change.id and not f.deleted offset 0) as owned
       where change.content is null);
  end if;
  return bytes;
end $$;

-- The quota of a person is counted in steps for each space: a space counts as the next multiple of the
-- step. A change that stays within the step that its space counts as anyway need not look at the other
-- spaces of the person, which takes longer than all else that a quota costs.
create function quota_step(owner_quota bigint) returns bigint
  language sql immutable
as $$
  select greatest(owner_quota / 65536, 1)
$$;

-- The next multiple of a step; the number itself if it is one.
create function up_to_step(bytes bigint, step bigint) returns bigint
  language sql immutable
as $$
  select (bytes + step - 1) / step * step
$$;

-- The key of the advisory lock under which is counted what one person stores.
create function person_lock(owner text) returns bigint
  language sql immutable
as $$
  select hashtextextended('storage ' || owner, 0)
$$;

-- What the spaces of a person, but for one of them, count as in this database. A space that is being copied
-- to it counts in its old one. PostgreSQL puts the query into that of the caller.
--   counted: the sum of their bytes, each up to the next multiple of the step
--   used: the sum of their bytes
create function count_person(owner text, but uuid, step bigint) returns table (counted bigint, used bigint)
  language sql stable
as $$
  select coalesce(sum(up_to_step(other.bytes, step)), 0)::bigint, coalesce(sum(other.bytes), 0)::bigint
    from (
      select coalesce(s.used_bytes, space_bytes(s.id)) as bytes
        from spaces s
       where s.owner_hash = owner::char(64) and s.id is distinct from but
         and s.elsewhere is distinct from 'arriving') as other
$$;

-- Whether the quotas allow a change of a space. It is called by assignment, which takes less time than
-- a query.
--   counted: used_bytes of the space, which a writer has locked
--   owner: the person for whom the space counts, or null
--   added: the bytes that the change adds; if it adds none, no quota forbids it
--   space_quota, owner_quota: the most bytes of one space, and of all spaces of one person; null for any
--   spread: whether spaces are spread over several databases, so that the person has a grant in each
--   used: the bytes of the space after the change. If a quota or the grant forbids the change: the bytes
--     that count for it now, in this database
--   exceeded: the quota that forbids the change, or null
--   needed: the grant that the change needs, if this database has less; else null
create function charge_space(
    space uuid, counted bigint, owner text, added bigint, space_quota bigint, owner_quota bigint,
    spread boolean, out used bigint, out exceeded bigint, out needed bigint)
  language plpgsql volatile
as $$
declare
  before constant bigint := coalesce(counted, space_bytes(space));
  step constant bigint := quota_step(owner_quota);
  elsewhere bigint;
  counted_elsewhere bigint;
begin
  used := before + added;
  if added <= 0 then
    return;
  end if;
  if used > space_quota then
    used := before;
    exceeded := space_quota;
    return;
  end if;
  if owner_quota is not null and owner is not null then
    -- Changes that count for one person wait for one another, until the transaction ends. It is the last
    -- lock for which a transaction waits: two that wait for each other's person and space would never end.
    perform pg_advisory_xact_lock(person_lock(owner));
    -- This statement sees all that others have committed under the lock.
    select others.used, others.counted into elsewhere, counted_elsewhere
      from count_person(owner, space, step) others;
    if spread then
      if counted_elsewhere + up_to_step(used, step) > granted_here(owner, owner_quota) then
        needed := counted_elsewhere + up_to_step(used, step);
        used := elsewhere + before;
      end if;
    elsif counted_elsewhere + up_to_step(used, step) > owner_quota then
      used := elsewhere + before;
      exceeded := owner_quota;
    end if;
  end if;
end $$;

-- Creates a shared space of key generation 1 (methods.md, space.create).
--   home: the peer where the space lives; null if it lives here
--   owner: the person for whom the space counts; null if people are not counted
--   at_most: the most spaces that a person may have created; null for any number
--   code: created, exists or quota_exceeded (used is the number of spaces of the person)
create function create_space(
    space uuid, client text, root_key bytea, home text, owner text, at_most int,
    out code text, out used bigint)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
begin
  if owner is not null and at_most is not null then
    -- The lock of charge_space.
    perform pg_advisory_xact_lock(person_lock(owner));
    select count(*) into used
      from spaces s where s.owner_hash = owner::char(64) and s.root_public_key is not null;
    if used >= at_most then
      code := 'quota_exceeded';
      return;
    end if;
  end if;
  insert into spaces (id, client_id, root_public_key, home_server, owner_hash, used_bytes)
    values (space, client, root_key, home, owner, case when owner is not null then 0 end)
    on conflict (id) do nothing;
  code := case when found then 'created' else 'exists' end;
end $$;
