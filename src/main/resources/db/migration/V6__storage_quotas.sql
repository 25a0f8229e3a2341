-- What storage quotas count (storage.md, Storage quotas). Both columns are null until a quota is set.
alter table spaces
  add column used_bytes bigint,
  add column owner_hash char(64);
create index idx_spaces_owner on spaces (owner_hash) where owner_hash is not null;
