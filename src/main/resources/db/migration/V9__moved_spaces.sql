-- Moves of spaces between several databases (docs/decisions/0020-many-databases.md, Moving a space).
--   elsewhere: null where the space is. 'left' if it has moved to another database: the row stays for good
--     and turns away those who still take this for its place. 'arriving' while it is copied to this one
--     There is no CHECK for it: PostgreSQL prepares one anew for each statement that writes the row, which
--     made a push of one record up to a tenth slower
--   move: the number of the last move of the space, of those that this database took part in
alter table spaces
  add column elsewhere text,
  add column move int;
-- In the directory:
--   move: the number of the last move of the space, 0 if there was none
--   moving_to: the database to which that move goes, until it has ended
alter table space_shards
  add column move int not null default 0,
  add column moving_to int check (moving_to > 0);
