-- Work in a space under a capability. Each call hands over the CIDs of the caller's chain, and the
-- statement that does the work asks whether one of them is revoked: behind the lock of the space's
-- row, which a revocation takes as well, so that nothing slips by one that is committed.
--
-- About VOLATILE functions and planner settings: see the migration before.

-- Whether a caller may go on in a space, as far as the database has to say.
--   client: the caller is the owner of this personal space; null: a member of a shared one
--   chain: the CIDs of a member's chain; null for an owner
--   Returns null where the caller may, else not_found or forbidden
create function refusal(s spaces, client text, chain text[]) returns text
  language plpgsql stable
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
begin
  if s.id is null then
    return 'not_found';
  end if;
  -- A space with a root key is nobody's personal space, and one without is open to no chain.
  if (client is null) <> (s.root_public_key is not null) then
    return 'forbidden';
  end if;
  if exists (select from revocations r where r.space_id = s.id and r.ucan_cid = any (chain)) then
    return 'forbidden';
  end if;
  return null;
end $$;

-- Reads a space for a caller, and makes a personal one on its first use.
create function open_space(
    space uuid, client text, chain text[], out code text, out opened spaces)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
begin
  select * into opened from spaces s where s.id = space;
  if opened.id is null and client is not null then
    insert into spaces (id, client_id) values (space, client) on conflict (id) do nothing;
    select * into opened from spaces s where s.id = space;
  end if;
  code := refusal(opened, client, chain);
end $$;

-- The same for many at once, and for each of them by itself. Reads the revocations before the spaces:
-- a subscription is registered before both, and is told of a revocation that comes later.
--   wanted, clients: space and client of each caller's way in
--   chain_entries, chain_cids: the CIDs of all chains, each with the number (from 1) of its way in
drop function open_spaces(uuid[], uuid, text);
create function open_spaces(
    wanted uuid[], clients text[], chain_entries int[], chain_cids text[])
  returns table (code text, entry int, opened spaces)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
  set enable_hashjoin = off set enable_mergejoin = off set enable_material = off
as $$
declare
  revoked int[];
begin
  insert into spaces (id, client_id)
    select way.id, way.client from unnest(wanted, clients) as way (id, client)
     where way.client is not null and not exists (select from spaces s where s.id = way.id)
    on conflict (id) do nothing;
  revoked := array(
    select distinct link.entry from unnest(chain_entries, chain_cids) as link (entry, cid)
      join revocations r on r.space_id = wanted[link.entry] and r.ucan_cid = link.cid);
  return query
  select case when s.id is null then 'not_found'
              when (way.client is null) <> (s.root_public_key is not null)
                or way.number = any (revoked) then 'forbidden' end,
         way.number::int, s
    from unnest(wanted, clients) with ordinality as way (id, client, number)
    left join spaces s on s.id = way.id;
end $$;

-- The space for whoever writes, or a row of nulls: the row stays locked until the end of the
-- transaction. The lock comes first and every look second: of two writers the one that waits here
-- must see what the other has written. It also makes cursors visible in order, and does not stand in
-- the way of the "for key share" that foreign keys take.
create function enter_space(space uuid, client text) returns spaces
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
declare
  entered spaces;
begin
  select * into entered from spaces s where s.id = space for no key update;
  if entered.id is null and client is not null then
    insert into spaces (id, client_id) values (space, client) on conflict (id) do nothing;
    select * into entered from spaces s where s.id = space for no key update;
  end if;
  return entered;
end $$;

-- A push (methods.md): all changes or none, under one new cursor.
--   blobs: null deletes the record
--   lowest_epoch: of all deks; the greatest int where there is none
--   code: pushed (at_cursor is the cursor), not_found, forbidden, key_generation_stale, conflict
drop function push_records(uuid, text, uuid[], bytea[], bigint[], bytea[], int);
create function push_records(
    space uuid, client text, chain text[], ids uuid[], blobs bytea[], expected bigint[],
    deks bytea[], lowest_epoch int, out code text, out at_cursor bigint)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
  set enable_hashjoin = off set enable_mergejoin = off set enable_material = off
as $$
declare
  entered spaces;
begin
  entered := enter_space(space, client);
  code := refusal(entered, client, chain);
  if code is not null then
    return;
  end if;
  at_cursor := entered.cursor;
  if entered.root_public_key is not null and lowest_epoch < entered.min_key_generation then
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

-- Counts an action of a person, unless it is one too many in the hour behind us (methods.md, Rate
-- limits by person). The count lasts if the transaction does.
create function count_action(what text, actor text, at_most int) returns boolean
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
begin
  -- One at a time for each person: of many at once exactly as many pass as may. Whoever also locks a
  -- space or a mailbox has done so before.
  perform pg_advisory_xact_lock(hashtextextended(what || ' ' || actor, 0));
  if (select count(*) from rate_limit_actions a
       where a.action = what and a.actor_hash = actor::char(64)
         and a.created_at > now() - interval '1 hour') >= at_most then
    return false;
  end if;
  insert into rate_limit_actions (action, actor_hash) values (what, actor);
  return true;
end $$;

-- Appends an entry to the membership log (methods.md, membership.append).
--   actor: who is limited by person; null: nobody
--   code: appended, not_found, forbidden, conflict, rate_limited
create function append_member(
    space uuid, client text, chain text[], expected_version int, previous bytea, hash bytea,
    content bytea, actor text, at_most int,
    out code text, out seq int, out version int, out at_cursor bigint)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
declare
  entered spaces;
  head members;
begin
  entered := enter_space(space, client);
  code := refusal(entered, client, chain);
  if code is not null then
    return;
  end if;
  select * into head from members m where m.space_id = space order by m.chain_seq desc limit 1;
  if entered.metadata_version <> expected_version or previous is distinct from head.entry_hash then
    code := 'conflict';
    return;
  end if;
  if actor is not null and not count_action('membership_append', actor, at_most) then
    code := 'rate_limited';
    return;
  end if;
  code := 'appended';
  seq := coalesce(head.chain_seq, 0) + 1;
  version := entered.metadata_version + 1;
  at_cursor := entered.cursor + 1;
  insert into members (space_id, chain_seq, cursor, prev_hash, entry_hash, payload)
    values (space, seq, at_cursor, previous, hash, content);
  update spaces s set cursor = at_cursor, metadata_version = version where s.id = space;
end $$;

-- Entries of the membership log in their order, with the space's version, in one row at least: of
-- what follows since_seq the first that fit, or where that is null the last ones of all.
--   max_bytes: of payloads and entry_bytes each; a single entry of any size fits
--   code: null, not_found, forbidden
create function list_members(
    space uuid, client text, chain text[], since_seq int, max_bytes int, entry_bytes int)
  returns table (
    code text, version int, chain_seq int, prev_hash bytea, entry_hash bytea, payload bytea)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
  max_rows int := 1 + max_bytes / entry_bytes;
  refused text;
begin
  select o.code into refused from open_space(space, client, chain) o;
  if refused is not null then
    return query select refused, null::int, null::int, null::bytea, null::bytea, null::bytea;
    return;
  end if;
  -- Version and entries in one statement, so that they belong together.
  if since_seq is null then
    return query
    select null::text, s.metadata_version, e.chain_seq, e.prev_hash, e.entry_hash, e.payload
      from spaces s left join lateral (
        select last.*,
               sum(entry_bytes + length(last.payload)) over (
                 order by last.chain_seq desc rows unbounded preceding)
                 - entry_bytes - length(last.payload) as bytes_before,
               entry_bytes + length(last.payload) as bytes
          from (select * from members m where m.space_id = space
                 order by m.chain_seq desc limit max_rows) as last) as e
        on e.bytes_before = 0 or e.bytes_before + e.bytes <= max_bytes
     where s.id = space order by e.chain_seq;
  else
    return query
    select null::text, s.metadata_version, e.chain_seq, e.prev_hash, e.entry_hash, e.payload
      from spaces s left join lateral (
        select first.*,
               sum(entry_bytes + length(first.payload)) over (
                 order by first.chain_seq rows unbounded preceding)
                 - entry_bytes - length(first.payload) as bytes_before,
               entry_bytes + length(first.payload) as bytes
          from (select * from members m where m.space_id = space and m.chain_seq > since_seq
                 order by m.chain_seq limit max_rows) as first) as e
        on e.bytes_before = 0 or e.bytes_before + e.bytes <= max_bytes
     where s.id = space order by e.chain_seq;
  end if;
end $$;

-- Revokes a UCAN in a space (methods.md, membership.revoke). One that is revoked stays so.
--   code: revoked, not_found, forbidden
create function revoke_ucan(space uuid, client text, chain text[], cid text) returns text
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
declare
  code text := refusal(enter_space(space, client), client, chain);
begin
  if code is not null then
    return code;
  end if;
  insert into revocations (space_id, ucan_cid) values (space, cid) on conflict do nothing;
  return 'revoked';
end $$;

-- Begins a key epoch (methods.md, epoch.begin): only where it is the next one and no rewrap is in
-- progress.
--   code: begun, not_found, forbidden, conflict (key_generation and rewrap are the space's)
create function begin_epoch(
    space uuid, client text, chain text[], epoch int, raise_minimum boolean,
    out code text, out key_generation int, out rewrap int)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
declare
  entered spaces;
begin
  entered := enter_space(space, client);
  code := refusal(entered, client, chain);
  if code is not null then
    return;
  end if;
  key_generation := entered.key_generation;
  rewrap := entered.rewrap_epoch;
  if epoch::bigint - 1 <> entered.key_generation or entered.rewrap_epoch is not null then
    code := 'conflict';
    return;
  end if;
  code := 'begun';
  update spaces s
     set key_generation = epoch, rewrap_epoch = epoch,
         min_key_generation = case when raise_minimum then epoch else s.min_key_generation end
   where s.id = space;
end $$;

-- Completes a key epoch (methods.md, epoch.complete); that another was first is fine.
--   code: completed, not_found, forbidden, conflict
create function complete_epoch(space uuid, client text, chain text[], epoch int) returns text
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
declare
  code text;
  entered spaces;
begin
  entered := enter_space(space, client);
  code := refusal(entered, client, chain);
  if code is not null then
    return code;
  end if;
  if entered.rewrap_epoch = epoch then
    update spaces s set rewrap_epoch = null where s.id = space;
    return 'completed';
  end if;
  if entered.rewrap_epoch is null and entered.key_generation = epoch then
    return 'completed';
  end if;
  return 'conflict';
end $$;

-- The DEKs of live records or files behind a key (cursor, id), up to a cursor, in that order
-- (methods.md, deks.get). One row without an id where the chain is revoked.
--   target: records or files
create function dek_batch(
    target regclass, space uuid, chain text[], after_cursor bigint, after_id uuid, up_to bigint,
    max_rows int)
  returns table (id uuid, dek bytea, at_cursor bigint)
  language plpgsql stable
  set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
as $$
begin
  if exists (select from revocations r where r.space_id = space and r.ucan_cid = any (chain)) then
    return query select null::uuid, null::bytea, null::bigint;
    return;
  end if;
  return query execute format($sql$
      select r.id, r.wrapped_dek, r.cursor from %s r
       where r.space_id = $1 and (r.cursor, r.id) > ($2, $3) and r.cursor <= $4
         and not r.deleted and r.wrapped_dek is not null
       order by r.cursor, r.id limit $5
      $sql$, target)
    using space, after_cursor, after_id, up_to, max_rows;
end $$;

-- Rewraps the DEKs of records or files (methods.md, deks.rewrap): all or none, cursors stay.
--   target: records or files
--   ids: of different rows; deks: 44 bytes each
--   lowest_epoch, highest_epoch: of all deks
--   read_at: the space's cursor when the caller read its DEKs; null where it did not
--   code: rewrapped (live is how many of them are no tombstones), not_found, forbidden,
--     other_epoch, unknown, changed
create function rewrap_deks(
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
  execute format($sql$
      update %s r set wrapped_dek = given.dek
        from unnest($2, $3) as given (id, dek)
       where r.space_id = $1 and r.id = given.id and not r.deleted
         and ($4 is null or substring(r.wrapped_dek for 4) is distinct from $4)
      $sql$, target)
    using space, ids, deks, fresh;
  code := 'rewrapped';
end $$;

-- Stores an invitation for seven days (methods.md, invitation.create).
--   actor: who is limited by person; null: nobody
--   code: created, rate_limited, full
create function create_invitation(
    mailbox text, content bytea, mailbox_holds int, actor text, at_most int,
    out code text, out id uuid, out created timestamptz, out expires timestamptz)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
begin
  -- One at a time for each mailbox, so that it never holds more, and so that what is behind another
  -- by its time is behind it by its commit as well: whoever reads page by page misses nothing.
  perform pg_advisory_xact_lock(hashtextextended('mailbox ' || mailbox, 0));
  if (select count(*) from invitations i
       where i.mailbox_id = mailbox::char(64) and i.expires_at > now()) >= mailbox_holds then
    code := 'full';
    return;
  end if;
  if actor is not null and not count_action('invitation_create', actor, at_most) then
    code := 'rate_limited';
    return;
  end if;
  code := 'created';
  created := clock_timestamp();
  expires := created + interval '7 days';
  insert into invitations (mailbox_id, payload, created_at, expires_at)
    values (mailbox, content, created, expires) returning invitations.id into id;
end $$;

-- A page of a mailbox (methods.md, invitation.list), oldest first.
--   after: the invitation behind which it begins; null: at the oldest
--   max_bytes: of payloads and row_bytes each; a single invitation of any size fits
create function list_invitations(
    mailbox text, after uuid, at_most int, max_bytes int, row_bytes int)
  returns table (id uuid, payload bytea, created_at timestamptz, expires_at timestamptz)
  language plpgsql stable
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
#variable_conflict use_column
begin
  return query
  select p.id, p.payload, p.created_at, p.expires_at
    from (
      select page.*,
             sum(row_bytes + length(page.payload)) over (
               order by page.created_at, page.id rows unbounded preceding)
               - row_bytes - length(page.payload) as bytes_before,
             row_bytes + length(page.payload) as bytes
        from (
          select i.id, i.payload, i.created_at, i.expires_at from invitations i
           where i.mailbox_id = mailbox::char(64) and i.expires_at > now()
             and (after is null or (i.created_at, i.id) > (
               select l.created_at, l.id from invitations l
                where l.id = after and l.mailbox_id = mailbox::char(64) and l.expires_at > now()))
           order by i.created_at, i.id limit at_most) as page) as p
   where p.bytes_before = 0 or p.bytes_before + p.bytes <= max_bytes
   order by p.created_at, p.id;
end $$;
