-- In which database each space is, if spaces are spread over several (docs/decisions/0020-many-databases.md).
-- Only the first database has rows. A row stays when its space is deleted, because nodes keep what they
-- have read: a space that is made anew under the same id is made in the same database.
create table space_shards (
  space_id uuid primary key,
  shard int not null check (shard > 0)
);
-- Which of several databases this one is, and how many there are. No row while it is the only one.
create table database_shard (
  number int not null,
  total int not null,
  check (number between 1 and total)
);

-- A space of the first database may have no row. When it is deleted, it gets one, for the same reason.
create function keep_shard() returns trigger language plpgsql as $$
begin
  insert into space_shards (space_id, shard)
    select old.id, 1 from database_shard where number = 1
    on conflict (space_id) do nothing;
  return null;
end $$;

create trigger spaces_keep_shard after delete on spaces
  for each row execute function keep_shard();
