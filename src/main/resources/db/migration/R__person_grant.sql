call drop_functions('grants_lock', 'granted_here', 'give_grant', 'take_grant', 'number_recalls', 'recall_grant', 'record_recall', 'hand_over_space', 'release_space', 'count_space', 'check_grants_anew');

-- The quotas of a person where spaces are spread over several databases
-- (docs/decisions/0020-many-databases.md, Quotas of a person). Each database has a grant, a part of the
-- quota, and the first one keeps what it has given to each. The messages between them have numbers.

-- The key of the advisory lock under which the first database gives to the databases of one person.
create function grants_lock(owner text) returns bigint
  language sql immutable
as $$
  select hashtextextended('grants ' || owner, 0)
$$;

-- The bytes that the spaces of a person may count as in this database; 0 if nothing is granted.
create function granted_here(owner text, owner_quota bigint) returns bigint
  language sql volatile
as $$
  select coalesce((
    select g.granted from person_grants g, database_shard d
     where g.owner_hash = owner::char(64) and g.quota = owner_quota and g.number > d.grants_since), 0)
$$;

-- In the first database: gives more to a database, in the message with this number. Given is null if there
-- is not enough left, or what another database has is not known.
--   taker: the database
--   needed: the bytes for which the spaces of the person would count there
--   databases: how many there are
--   unchecked: whether it is enough that what another database has was known before a server started
create function give_grant(
    owner text, owner_quota bigint, taker int, needed bigint, databases int, unchecked boolean,
    out given bigint, out number bigint)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
declare
  since constant bigint := (select d.grants_since from database_shard d);
  others bigint;
  known int;
begin
  perform pg_advisory_xact_lock(grants_lock(owner));
  select coalesce(sum(g.given), 0), count(g.given) into others, known
    from person_grants_given g
   where g.owner_hash = owner::char(64) and g.database <> taker and g.quota = owner_quota
     and (unchecked or g.checked > since);
  if known < databases - 1 or needed > owner_quota - others then
    return;
  end if;
  given := greatest(needed, (
    select g.given from person_grants_given g
     where g.owner_hash = owner::char(64) and g.database = taker and g.quota = owner_quota));
  -- Some more, so that not every step of a space asks.
  given := given + greatest((owner_quota - others - given) / 16, 0);
  number := nextval('grant_numbers');
  insert into person_grants_given (owner_hash, database, given, quota, number, checked)
    values (owner, taker, given, owner_quota, number, number)
    on conflict (owner_hash, database) do update
      set given = excluded.given, quota = excluded.quota, number = excluded.number,
          checked = excluded.checked;
end $$;

-- In the database that is given to: grants it.
create function take_grant(owner text, owner_quota bigint, given bigint, this_number bigint) returns void
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
begin
  perform pg_advisory_xact_lock(person_lock(owner));
  insert into person_grants as g (owner_hash, granted, quota, number)
    values (owner, given, owner_quota, this_number)
    on conflict (owner_hash) do update
      set granted = excluded.granted, quota = excluded.quota, number = excluded.number
      where g.number < excluded.number;
end $$;

-- In the first database: the numbers of messages that take back what other databases do not use.
--   taker: the database that needs it
--   only_unknown: leaves out the databases of which it is known, and was checked, what they have
--   given: null if it is not known
create function number_recalls(
    owner text, owner_quota bigint, taker int, databases int, only_unknown boolean)
  returns table (database int, given bigint, number bigint)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  since constant bigint := (select d.grants_since from database_shard d);
begin
  perform pg_advisory_xact_lock(grants_lock(owner));
  insert into person_grants_given (owner_hash, database, quota, number)
    select owner, each, owner_quota, 0 from generate_series(1, databases) each where each <> taker
    on conflict (owner_hash, database) do nothing;
  return query
  update person_grants_given g set number = nextval('grant_numbers')
   where g.owner_hash = owner::char(64) and g.database <> taker
     and (not only_unknown or g.given is null or g.quota <> owner_quota or g.checked <= since)
  returning g.database, case when g.quota = owner_quota then g.given end, g.number;
end $$;

-- In the database that is asked back: grants only what is used.
--   given: what the first database has given; null if that is not known
--   counted: the bytes for which the spaces of the person count; null if a later message was first
--   used: the bytes that they have
create function recall_grant(
    owner text, owner_quota bigint, given bigint, this_number bigint,
    out counted bigint, out used bigint)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
begin
  perform pg_advisory_xact_lock(person_lock(owner));
  select mine.counted, mine.used into counted, used
    from count_person(owner, null, quota_step(owner_quota)) mine;
  insert into person_grants as g (owner_hash, granted, quota, number)
    values (owner, least(counted, given), owner_quota, this_number)
    on conflict (owner_hash) do update
      set granted = excluded.granted, quota = excluded.quota, number = excluded.number
      where g.number < excluded.number;
  if not found then
    counted := null;
  end if;
end $$;

-- In the first database: what a database has kept is what it was given. False if there was a later message.
create function record_recall(
    owner text, owner_quota bigint, database int, this_number bigint, counted bigint) returns boolean
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
begin
  update person_grants_given g
     set given = counted, quota = owner_quota, checked = this_number
   where g.owner_hash = owner::char(64) and g.database = record_recall.database
     and g.number = this_number;
  return found;
end $$;

-- A space that has moved counts in its old database until it is known that it counts in its new one.

-- In the first database: from now on, the new database has to be asked what counts there. Returns the number
-- of the message that ends the count in the old one.
--   home: the new database; 0 if the space was deleted
create function hand_over_space(space uuid, owner text, home int) returns bigint
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
begin
  perform pg_advisory_xact_lock(grants_lock(owner));
  update person_grants_given g set given = null, number = nextval('grant_numbers')
   where g.owner_hash = owner::char(64) and g.database = home;
  -- A space that was made while there was one database has no row yet.
  insert into person_spaces (id, owner_hash)
    select s.id, s.owner_hash from spaces s
     where s.id = space and s.owner_hash is not null and s.root_public_key is not null
    on conflict (id) do nothing;
  return nextval('grant_numbers');
end $$;

-- In the old database: the space counts there no longer, and its bytes are nobody else's there.
create function release_space(space uuid, this_number bigint) returns void
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
declare
  owner text;
begin
  select s.owner_hash into owner
    from spaces s where s.id = space and s.elsewhere = 'left' for no key update;
  if owner is not null then
    perform pg_advisory_xact_lock(person_lock(owner));
    -- A row that grants no bytes, so that an earlier message changes nothing.
    insert into person_grants as g (owner_hash, granted, quota, number) values (owner, 0, 0, this_number)
      on conflict (owner_hash) do update
        set granted = excluded.granted, quota = excluded.quota, number = excluded.number
        where g.number < excluded.number;
    update spaces s set owner_hash = null, used_bytes = null where s.id = space;
  end if;
end $$;

-- In the first database: counts a shared space that is about to be created.
--   at_most: the most spaces that a person may have created; null for any number
--   code: counted; known (it was counted before); or quota_exceeded (used is the number of spaces)
create function count_space(space uuid, owner text, at_most int, out code text, out used bigint)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
begin
  perform pg_advisory_xact_lock(grants_lock(owner));
  -- Those that were made while there was one database.
  insert into person_spaces (id, owner_hash)
    select s.id, s.owner_hash from spaces s
     where s.owner_hash = owner::char(64) and s.root_public_key is not null
    on conflict (id) do nothing;
  update person_spaces p set since = now() where p.id = space;
  if found then
    code := 'known';
    return;
  end if;
  select count(*) into used from person_spaces p where p.owner_hash = owner::char(64);
  if used >= at_most then
    code := 'quota_exceeded';
    return;
  end if;
  insert into person_spaces (id, owner_hash) values (space, owner);
  code := 'counted';
end $$;

-- In each database: what messages with lower numbers have granted says nothing. A server that starts calls
-- it, because the servers before it may have had no quota, and so counted nothing.
create function check_grants_anew(number bigint) returns void
  language sql volatile
as $$
  update database_shard set grants_since = check_grants_anew.number
$$;
