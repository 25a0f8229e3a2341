-- Stores a signing key of this server, and makes it the primary where asked: the one before steps
-- back in the same transaction, so that there is always exactly one.
--   Returns false where the id is taken, and nothing was changed
create function add_signing_key(new_kid text, seed bytea, public bytea, promote boolean)
  returns boolean
  language plpgsql volatile
as $$
begin
  -- Two that promote at once come one after another, or the second would break the unique index.
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
