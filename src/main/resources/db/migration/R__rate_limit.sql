call drop_functions('count_action');

-- Counts an action of a person, unless the person has reached the limit within the last hour (methods.md,
-- Rate limits by person). The count is rolled back with the transaction.
create function count_action(what text, actor text, at_most int) returns boolean
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
begin
  -- One at a time for each person, so that exactly at_most of many concurrent actions pass. A caller
  -- that also locks a space or a mailbox must do so before this.
  perform pg_advisory_xact_lock(hashtextextended(what || ' ' || actor, 0));
  if (select count(*) from rate_limit_actions a
       where a.action = what and a.actor_hash = actor::char(64)
         and a.created_at > now() - interval '1 hour'
         -- An action of the distant future was counted before the clock was set back.
         and a.created_at < now() + interval '1 hour') >= at_most then
    return false;
  end if;
  insert into rate_limit_actions (action, actor_hash) values (what, actor);
  return true;
end $$;
