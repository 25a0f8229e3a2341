-- The signatures of peers that were accepted and have not expired. The clocks of two servers differ by up to
-- five minutes, so a signature is kept until then.
create table peer_signatures (
  signature bytea primary key,
  valid_until timestamptz not null,
  check (length(signature) = 64)
);
create index peer_signatures_valid_until on peer_signatures (valid_until);
