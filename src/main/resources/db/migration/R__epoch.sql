call drop_functions('begin_epoch', 'complete_epoch');

-- Begins a key epoch (methods.md, epoch.begin), if it is the next one and no rewrap is in progress.
--   raise_minimum: whether DEKs of earlier epochs are refused from now on
--   code: begun, not_found, forbidden or conflict
--   key_generation, rewrap_epoch: those of the space before
create function begin_epoch(
    space uuid, client text, chain text[], epoch int, raise_minimum boolean,
    out code text, out key_generation int, out rewrap_epoch int)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
declare
  locked spaces;
begin
  locked := lock_space(space, client);
  code := refusal(locked, client, chain);
  if code is not null then
    return;
  end if;
  key_generation := locked.key_generation;
  rewrap_epoch := locked.rewrap_epoch;
  if epoch::bigint - 1 <> locked.key_generation or locked.rewrap_epoch is not null then
    code := 'conflict';
    return;
  end if;
  code := 'begun';
  update spaces s
     set key_generation = epoch, rewrap_epoch = epoch,
         min_key_generation = case when raise_minimum then epoch else s.min_key_generation end
   where s.id = space;
end $$;

-- Completes a key epoch (methods.md, epoch.complete). Completing it twice is fine.
--   Returns completed, not_found, forbidden or conflict
create function complete_epoch(space uuid, client text, chain text[], epoch int) returns text
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
declare
  locked constant spaces := lock_space(space, client);
  code constant text := refusal(locked, client, chain);
begin
  if code is not null then
    return code;
  end if;
  if locked.rewrap_epoch = epoch then
    update spaces s set rewrap_epoch = null where s.id = space;
    return 'completed';
  end if;
  if locked.rewrap_epoch is null and locked.key_generation = epoch then
    return 'completed';
  end if;
  return 'conflict';
end $$;
