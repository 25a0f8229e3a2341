call drop_functions('add_signing_key');

-- Stores a signing key of this server. With promote it becomes the primary key and the former one steps
-- down in the same transaction, so there is never more or less than one.
--   Returns false, without a change, if the id is taken
create function add_signing_key(new_kid text, seed bytea, public bytea, promote boolean)
  returns boolean
  language plpgsql volatile
as $$
begin
  -- Two promotions at the same time come one after the other; otherwise the second one would violate the
  -- unique index.
  lock table federation_signing_keys in share row exclusive mode;
  if exists (select from federation_signing_keys k where k.kid = new_kid) then
    return false;
  end if;
  if promote then
    update federation_signing_keys k set is_primary = false where k.is_primary;
  end if;
  insert into federation_signing_keys (kid, private_key, public_key, is_primary)
    values (new_kid, seed, public, promote);
  return true;
end $$;
