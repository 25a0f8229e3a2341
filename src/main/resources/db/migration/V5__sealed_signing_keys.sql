-- The private key of a signing key may be sealed: 69 bytes in place of a seed of 32.
alter table federation_signing_keys drop constraint federation_signing_keys_primary_check;
alter table federation_signing_keys add constraint federation_signing_keys_primary_check
  check (not is_primary or (length(private_key) in (32, 69) and length(public_key) = 32)) not valid;

do $$
begin
  alter table federation_signing_keys validate constraint federation_signing_keys_primary_check;
exception when check_violation then
  raise notice 'rows of the earlier release break federation_signing_keys_primary_check';
end $$;
