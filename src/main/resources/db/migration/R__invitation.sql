call drop_functions('create_invitation', 'list_invitations');

-- Stores an invitation for seven days (methods.md, invitation.create).
--   mailbox_holds: the most invitations of one mailbox
--   actor: the person whose invitations are limited to at_most an hour; null: no limit
--   code: created, rate_limited or full
create function create_invitation(
    mailbox text, content bytea, mailbox_holds int, actor text, at_most int,
    out code text, out id uuid, out created timestamptz, out expires timestamptz)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
begin
  -- One at a time for each mailbox, for two reasons: the mailbox never holds more than it may, and
  -- invitations commit in the order of their times, so a client that reads page by page misses none.
  perform pg_advisory_xact_lock(hashtextextended('mailbox ' || mailbox, 0));
  if (select count(*) from invitations i
       where i.mailbox_id = mailbox::char(64) and i.expires_at > now()) >= mailbox_holds then
    code := 'full';
    return;
  end if;
  if actor is not null and not count_action('invitation_create', actor, at_most) then
    code := 'rate_limited';
    return;
  end if;
  code := 'created';
  created := clock_timestamp();
  expires := created + interval '7 days';
  insert into invitations (mailbox_id, payload, created_at, expires_at)
    values (mailbox, content, created, expires) returning invitations.id into id;
end $$;

-- A page of a mailbox (methods.md, invitation.list), oldest first.
--   after: the invitation that precedes the page; null: start at the oldest
--   max_bytes: bounds the sum of the payloads and of row_bytes for each; a single invitation always fits
create function list_invitations(
    mailbox text, after uuid, at_most int, max_bytes int, row_bytes int)
  returns table (id uuid, payload bytea, created_at timestamptz, expires_at timestamptz)
  language plpgsql stable
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
#variable_conflict use_column
begin
  return query
  select p.id, p.payload, p.created_at, p.expires_at
    from (
      select page.*,
             sum(row_bytes + length(page.payload)) over (
               order by page.created_at, page.id rows unbounded preceding)
               - row_bytes - length(page.payload) as bytes_before,
             row_bytes + length(page.payload) as bytes
        from (
          select i.id, i.payload, i.created_at, i.expires_at from invitations i
           where i.mailbox_id = mailbox::char(64) and i.expires_at > now()
             and (after is null or (i.created_at, i.id) > (
               select l.created_at, l.id from invitations l
                where l.id = after and l.mailbox_id = mailbox::char(64) and l.expires_at > now()))
           order by i.created_at, i.id limit at_most) as page) as p
   where p.bytes_before = 0 or p.bytes_before + p.bytes <= max_bytes
   order by p.created_at, p.id;
end $$;
