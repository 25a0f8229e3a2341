-- Which node does a periodic job that only one node has to do, and until when nobody else does it.
create table job_leases (
  job text primary key,
  node uuid not null,
  held_until timestamptz not null
);
