call drop_functions('revoke_ucan');

-- Revokes a UCAN in a space (methods.md, membership.revoke), behind the lock that every writer takes: work
-- under the UCAN either committed before, or is refused. Revoking a UCAN twice changes nothing.
--   Returns revoked, not_found or forbidden
create function revoke_ucan(space uuid, client text, chain text[], cid text) returns text
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
declare
  code constant text := refusal(lock_space(space, client), client, chain);
begin
  if code is not null then
    return code;
  end if;
  insert into revocations (space_id, ucan_cid) values (space, cid) on conflict do nothing;
  return 'revoked';
end $$;
