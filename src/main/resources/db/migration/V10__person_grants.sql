-- The quotas of a person where spaces are spread over several databases
-- (docs/decisions/0020-many-databases.md, Quotas of a person).

-- The bytes that the spaces of a person may count as in this database.
--   quota: the quota of which this is a part. Under another quota, it says nothing
--   number: of the message that brought it. One with a lower number that comes later changes nothing
create table person_grants (
  owner_hash char(64) primary key,
  granted bigint not null,
  quota bigint not null,
  number bigint not null
);
-- In the first database only: what it has given to each database, itself included.
--   given: never less than what is granted there; null if that is not known
--   checked: the number of the message with which the bytes that count there were known last
create table person_grants_given (
  owner_hash char(64),
  database int check (database > 0),
  given bigint,
  quota bigint not null,
  number bigint not null,
  checked bigint not null default 0,
  primary key (owner_hash, database)
);
-- The numbers of messages. Only that of the first database is used.
create sequence grant_numbers;
-- Messages with lower numbers are from the time before a server started. What they granted says nothing.
alter table database_shard
  add column grants_since bigint not null default 0;
-- In the first database only: the shared spaces that count for a person.
--   id: of the space, which may not exist yet, or no longer
create table person_spaces (
  id uuid primary key,
  owner_hash char(64) not null,
  since timestamptz not null default now()
);
create index idx_person_spaces_owner on person_spaces (owner_hash);
