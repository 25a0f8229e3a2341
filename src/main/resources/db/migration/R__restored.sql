call drop_functions('looks_restored', 'confirm_origin', 'renumber_cursors');

-- Whether the data came from a dump, and nobody has confirmed it since (docs/running.md).
create function looks_restored() returns boolean
  language sql stable
as $$
  select coalesce(bool_or(o.xmin::text::numeric <> o.written_by::text::numeric % 4294967296), true)
    from database_origin o
$$;

-- Makes this database the origin of its data: looks_restored is false from now on.
create function confirm_origin() returns void
  language sql volatile
as $$
  delete from database_origin;
  insert into database_origin (written_by) values ('0');
  update database_origin set written_by = xmin::text::xid8;
$$;

-- Gives every space, record, file and membership entry a new cursor that is higher than any a client may
-- have seen. They keep their order. Returns the number of spaces.
--
-- How far the cursors had come before the database was restored is not known here. They start anew at the
-- number of microseconds since 1970. A space would need a million changes in each second between two
-- restores to get beyond that. JavaScript counts to 2^53 exactly, which that number reaches in 2255.
create function renumber_cursors() returns bigint
  language plpgsql volatile
as $$
declare
  start constant bigint := extract(epoch from clock_timestamp()) * 1000000;
  spaces_renumbered bigint;
  c record;
begin
  -- Every writer locks the row of its space first, so it waits for the end of this transaction.
  lock table spaces in exclusive mode;
  -- The databases may be of different moments, so what one has given and another has got may not fit.
  delete from person_grants;
  delete from person_grants_given;
  update database_shard set grants_since = 0;

  create temporary table renumbering on commit drop as
  select s.id as space_id,
         greatest(start, s.cursor + 1)
           - least(s.cursor,
                   (select min(r.cursor) from records r where r.space_id = s.id),
                   (select min(f.cursor) from files f where f.space_id = s.id),
                   (select min(m.cursor) from members m where m.space_id = s.id)) as shift
    from spaces s
   where s.elsewhere is null;
  alter table renumbering add primary key (space_id);
  analyze renumbering;

  -- Rows of the earlier release may break a check that is not validated, which would refuse the updates.
  create temporary table suspended on commit drop as
  select conrelid::regclass as owner, conname as name, pg_get_constraintdef(oid) as definition
    from pg_constraint
   where not convalidated and contype = 'c'
     and conrelid in ('records'::regclass, 'files'::regclass, 'members'::regclass);
  for c in select * from suspended loop
    execute format('alter table %s drop constraint %I', c.owner, c.name);
  end loop;

  update records r set cursor = r.cursor + n.shift from renumbering n where r.space_id = n.space_id;
  update files f set cursor = f.cursor + n.shift from renumbering n where f.space_id = n.space_id;
  update members m set cursor = m.cursor + n.shift from renumbering n where m.space_id = n.space_id;
  update spaces s set cursor = s.cursor + n.shift from renumbering n where s.id = n.space_id;
  get diagnostics spaces_renumbered = row_count;

  for c in select * from suspended loop
    execute format('alter table %s add constraint %I %s', c.owner, c.name, c.definition);
  end loop;
  drop table renumbering, suspended;
  return spaces_renumbered;
end $$;
