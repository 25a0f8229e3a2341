call drop_functions('find_shards', 'place_space', 'join_shards');

-- Spaces that are spread over several databases (docs/decisions/0020-many-databases.md). The first two
-- functions are called in the first database only.

-- In which databases these spaces are. A space without a row in the directory is in the first database if
-- it exists there. The result lacks spaces that are in none.
create function find_shards(wanted uuid[]) returns table (space_id uuid, shard int)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
  set enable_hashjoin = off set enable_mergejoin = off set enable_material = off
as $$
#variable_conflict use_column
begin
  return query
  select each.id, coalesce(placed.shard, 1)
    from unnest(wanted) as each (id)
    left join space_shards placed on placed.space_id = each.id
   where placed.shard is not null or exists (select from spaces s where s.id = each.id);
end $$;

-- The database of a space that may not exist yet: the one that it is in, or else the chosen one, which is
-- its database from then on. Another node may have chosen another one in the meantime, and then was first.
create function place_space(space uuid, chosen int) returns int
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
declare
  found_shard int := (select f.shard from find_shards(array[space]) f);
begin
  if found_shard is not null then
    return found_shard;
  end if;
  insert into space_shards (space_id, shard) values (space, chosen) on conflict (space_id) do nothing;
  return (select s.shard from space_shards s where s.space_id = space);
end $$;

-- Makes this database one of several, and remembers its number.
--   this_number: which of them it is, from 1
--   all_of_them: how many there are; 1 if this is the only one
--   Returns joined; other (it has another number), fewer (there have been more of them), or used (it has
--   spaces of its own, which no directory names)
create function join_shards(this_number int, all_of_them int) returns text
  language plpgsql volatile
as $$
declare
  known database_shard;
begin
  if all_of_them > 1 then
    lock table database_shard in share row exclusive mode;
  end if;
  select * into known from database_shard;
  if known.number is null then
    if this_number > 1 and exists (select from spaces) then
      return 'used';
    end if;
    if all_of_them > 1 then
      insert into database_shard (number, total) values (this_number, all_of_them);
    end if;
    return 'joined';
  end if;
  if known.number <> this_number then
    return 'other';
  end if;
  if known.total > all_of_them then
    return 'fewer';
  end if;
  if known.total < all_of_them then
    update database_shard set total = all_of_them;
  end if;
  return 'joined';
end $$;
