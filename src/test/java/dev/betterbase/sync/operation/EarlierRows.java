package dev.betterbase.sync.operation;

/** Rows for a database of the earlier release. */
final class EarlierRows {
  static final String GOOD =
      """
      insert into spaces (id, client_id, root_public_key, cursor) values
        ('00000000-0000-4000-8000-000000000001', 'c', null, 7),
        ('00000000-0000-4000-8000-000000000002', 'c', decode(repeat('02', 33), 'hex'), 9);
      insert into records (id, space_id, blob, cursor, wrapped_dek, deleted) values
        ('00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-000000000001', 'x', 6,
          decode(repeat('00', 44), 'hex'), false),
        ('00000000-0000-4000-8000-0000000000a2', '00000000-0000-4000-8000-000000000002', null, 7,
          null, true);
      insert into files (space_id, id, size, wrapped_dek, record_id, cursor, deleted) values
        ('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-0000000000f1', 10,
          decode(repeat('00', 44), 'hex'), '00000000-0000-4000-8000-0000000000a1', 7, false),
        ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-0000000000f2', 10,
          decode(repeat('00', 44), 'hex'), '00000000-0000-4000-8000-0000000000a2', 7, true);
      insert into members (space_id, chain_seq, prev_hash, entry_hash, payload, cursor) values
        ('00000000-0000-4000-8000-000000000002', 1, null, decode(repeat('11', 32), 'hex'), 'p', 8),
        ('00000000-0000-4000-8000-000000000002', 2, decode(repeat('11', 32), 'hex'),
          decode(repeat('22', 32), 'hex'), 'p', 9);
      insert into revocations values ('00000000-0000-4000-8000-000000000002', repeat('a', 64));
      insert into invitations (mailbox_id, payload, expires_at)
        values (repeat('b', 64), 'p', now() + interval '1 day');
      insert into rate_limit_actions values ('invite', repeat('c', 64), now());
      insert into federation_signing_keys (kid, private_key, public_key, is_primary)
        values ('https://a.example/k#1', decode(repeat('00', 32), 'hex'),
          decode(repeat('00', 32), 'hex'), true);
      """;

  /** Breaks each new constraint with one row. */
  static final String BAD =
      """
      insert into records (id, space_id, blob, cursor, wrapped_dek, deleted) values
        ('00000000-0000-4000-8000-0000000000b1', '00000000-0000-4000-8000-000000000001', 'x', 6,
          decode(repeat('00', 40), 'hex'), false),
        ('00000000-0000-4000-8000-0000000000b2', '00000000-0000-4000-8000-000000000001', 'left', 6,
          null, true);
      insert into files (space_id, id, size, wrapped_dek, record_id, cursor) values
        ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-0000000000f3', 10,
          decode(repeat('00', 44), 'hex'), '00000000-0000-4000-8000-0000000000a1', 7);
      insert into members (space_id, chain_seq, prev_hash, entry_hash, payload, cursor) values
        ('00000000-0000-4000-8000-000000000002', 3, 'short', decode(repeat('33', 32), 'hex'), 'p',
          9);
      insert into revocations values ('00000000-0000-4000-8000-000000000002', 'ABC');
      insert into invitations (mailbox_id, payload, expires_at)
        values ('alice', 'p', now() + interval '1 day');
      update federation_signing_keys set public_key = 'short';
      """;

  private EarlierRows() {}
}
