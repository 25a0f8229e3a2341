call drop_functions('append_member', 'list_members');

-- Appends an entry to the membership log (methods.md, membership.append).
--   actor: the person whose appends are limited to at_most an hour; null: no limit
--   code: appended, not_found, forbidden, conflict or rate_limited
create function append_member(
    space uuid, client text, chain text[], expected_version int, previous bytea, hash bytea,
    content bytea, actor text, at_most int,
    out code text, out chain_seq int, out metadata_version int, out at_cursor bigint)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  locked spaces;
  head members;
begin
  locked := lock_space(space, client);
  code := refusal(locked, client, chain);
  if code is not null then
    return;
  end if;
  select * into head from members m where m.space_id = space order by m.chain_seq desc limit 1;
  if locked.metadata_version <> expected_version or previous is distinct from head.entry_hash then
    code := 'conflict';
    return;
  end if;
  if actor is not null and not count_action('membership_append', actor, at_most) then
    code := 'rate_limited';
    return;
  end if;
  code := 'appended';
  chain_seq := coalesce(head.chain_seq, 0) + 1;
  metadata_version := locked.metadata_version + 1;
  at_cursor := locked.cursor + 1;
  insert into members (space_id, chain_seq, cursor, prev_hash, entry_hash, payload)
    values (space, append_member.chain_seq, at_cursor, previous, hash, content);
  update spaces s set cursor = at_cursor, metadata_version = append_member.metadata_version
   where s.id = space;
end $$;

-- Entries of the membership log in order, with the space's metadata_version: the first ones after
-- since_seq that fit, or the last ones of the log if since_seq is null. There is at least one row; an
-- empty result is a row without an entry.
--   max_bytes: bounds the sum of the payloads and of entry_bytes for each; a single entry always fits
--   code: null, not_found or forbidden
create function list_members(
    space uuid, client text, chain text[], since_seq int, max_bytes int, entry_bytes int)
  returns table (
    code text, metadata_version int, chain_seq int, prev_hash bytea, entry_hash bytea,
    payload bytea)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
  max_rows constant int := 1 + max_bytes / entry_bytes;
begin
  code := refusal(read_space(space, client), client, chain);
  if code is not null then
    return next;
    return;
  end if;
  -- The version and the entries come from one statement, so they match.
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
