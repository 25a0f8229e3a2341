-- Remembers which transaction wrote the row that it holds. PostgreSQL keeps the same number in the row's
-- xmin. A physical copy of the database (a standby, pg_upgrade) keeps both. A dump keeps only the column,
-- because restoring it is another transaction. So a difference says that the data came from a dump.
-- There is no key: a dump that is restored into tables that this server has made adds its row.
-- A dump of an older version may have been restored over the tables of this one.
drop table if exists database_origin;
create table database_origin (
  written_by xid8 not null
);
-- Not pg_current_xact_id(): a migration may run in a subtransaction, which has a number of its own.
-- One statement, so that both changes have the same number.
do $$ begin
  insert into database_origin (written_by) values ('0');
  update database_origin set written_by = xmin::text::xid8;
end $$;
