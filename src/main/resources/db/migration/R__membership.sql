call drop_functions('append_member');

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
