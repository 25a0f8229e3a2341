call drop_functions('create_invitation');

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
