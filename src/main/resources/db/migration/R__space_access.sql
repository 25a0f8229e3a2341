call drop_functions('is_here', 'refusal', 'read_space', 'lock_space', 'open_space', 'open_spaces');

-- Who may enter a space. Every function that works in a space asks refusal(), and nothing else decides.
-- Two parameters describe the caller everywhere:
--   client: the client_id of the owner of a personal space; null for a member of a shared space
--   chain: the CIDs of a member's UCAN chain; null for an owner
--
-- Functions that only other functions call have no SET clause. They run under the settings of their
-- caller; setting and resetting some of their own would cost more than the work they do. For VOLATILE
-- and the planner settings of all others see docs/decisions/0002-database.md.

-- Whether the space of a row is in this database. Raises the SQLSTATE 8MOVE if it is in another one, as
-- spaces.elsewhere says, so that a server looks where it is (SpaceDirectory). Every statement that reads or
-- writes in a space asks this or refusal().
create function is_here(elsewhere text) returns boolean
  language plpgsql immutable
as $$
begin
  if elsewhere is not null then
    raise exception 'the space is in another database' using errcode = '8MOVE';
  end if;
  return true;
end $$;

-- Why a caller may not enter a space: not_found or forbidden; null if the caller may.
--   s: the row of the space, which a writer has locked; all null if there is no such space
--
-- A writer's call sees every revocation that committed before the writer got the lock: a function that
-- a VOLATILE function calls gets a new snapshot.
create function refusal(s spaces, client text, chain text[]) returns text
  language plpgsql stable
as $$
begin
  if s.id is null then
    return 'not_found';
  end if;
  if s.elsewhere is not null then
    perform is_here(s.elsewhere);
  end if;
  -- A space with a root key is nobody's personal space, and one without a root key admits no chain.
  if (client is null) <> (s.root_public_key is not null) then
    return 'forbidden';
  end if;
  -- Two ifs, because an expression that holds a query is slow even where the query does not run.
  if chain is not null then
    if exists (select from revocations r where r.space_id = s.id and r.ucan_cid = any (chain)) then
      return 'forbidden';
    end if;
  end if;
  return null;
end $$;

-- The row of a space, or a row of nulls. A personal space is created on first use.
create function read_space(space uuid, client text) returns spaces
  language plpgsql volatile
as $$
declare
  found_space spaces;
begin
  select * into found_space from spaces s where s.id = space;
  if found_space.id is null and client is not null then
    insert into spaces (id, client_id) values (space, client) on conflict (id) do nothing;
    select * into found_space from spaces s where s.id = space;
  end if;
  return found_space;
end $$;

-- The same for a writer: the row stays locked until the transaction ends. Every writer takes this lock
-- first and looks at the data second, so the second of two writers sees what the first one wrote. The
-- lock also makes the cursors of a space visible in order. It does not block "for key share", which
-- foreign keys take.
create function lock_space(space uuid, client text) returns spaces
  language plpgsql volatile
as $$
declare
  locked spaces;
begin
  select * into locked from spaces s where s.id = space for no key update;
  if locked.id is null and client is not null then
    insert into spaces (id, client_id) values (space, client) on conflict (id) do nothing;
    select * into locked from spaces s where s.id = space for no key update;
  end if;
  return locked;
end $$;

-- Reads a space for a caller.
--   code: why the caller may not enter; null if the caller may
create function open_space(
    space uuid, client text, chain text[], out code text, out opened spaces)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
begin
  opened := read_space(space, client);
  code := refusal(opened, client, chain);
end $$;

-- Reads many spaces, each for its own caller and with its own code. A caller is subscribed before this
-- runs, so it is notified of any revocation that commits too late to be seen here.
--   chains: the CIDs of each chain, separated by spaces
--   number: of the space, from 1
create function open_spaces(wanted uuid[], clients text[], chains text[])
  returns table (code text, number int, opened spaces)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
  set enable_hashjoin = off set enable_mergejoin = off set enable_material = off
as $$
begin
  insert into spaces (id, client_id)
    select caller.space, caller.client from unnest(wanted, clients) as caller (space, client)
     where caller.client is not null
       and not exists (select from spaces s where s.id = caller.space)
    on conflict (id) do nothing;
  return query
  select refusal(s, caller.client, string_to_array(caller.chain, ' ')), caller.number::int, s
    from unnest(wanted, clients, chains) with ordinality as caller (space, client, chain, number)
    left join spaces s on s.id = caller.space;
end $$;
