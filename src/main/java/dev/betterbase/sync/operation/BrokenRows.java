package dev.betterbase.sync.operation;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Rows of the earlier release that break a constraint of this one. They are kept, and the
 * constraint applies to whatever is written from now on.
 *
 * @param constraint its name in the database
 * @param meaning the rule that the rows break
 * @param count the number of rows that break it
 * @param rows the keys of the first {@link #MAX_LISTED} of them
 */
public record BrokenRows(String constraint, String meaning, long count, List<String> rows) {
  static final int MAX_LISTED = 1000;

  /** A constraint of migration V2, and a query for the rows that break it, in either schema. */
  private record Check(String constraint, String meaning, String key, String from) {}

  private static final String BY_ID =
      "format('%s space_id=%s id=%s', tableoid::regclass, space_id, id)";

  private static final List<Check> CHECKS =
      List.of(
          new Check(
              "files_record_fk",
              "a file belongs to a record of its own space",
              BY_ID,
              "files f where not exists (select from records r"
                  + " where r.space_id = f.space_id and r.id = f.record_id)"),
          new Check(
              "records_dek_check",
              "a wrapped DEK has 44 bytes",
              BY_ID,
              "records where length(wrapped_dek) <> 44"),
          new Check(
              "records_tombstone_check",
              "a deleted record has neither blob nor DEK",
              BY_ID,
              "records where deleted and (blob is not null or wrapped_dek is not null)"),
          new Check(
              "members_entry_check",
              "hashes of the membership log have 32 bytes, and no payload is empty",
              "format('members space_id=%s chain_seq=%s', space_id, chain_seq)",
              "members where length(prev_hash) <> 32 or length(entry_hash) <> 32"
                  + " or length(payload) = 0"),
          new Check(
              "revocations_cid_check",
              "the CID of a revoked UCAN is 64 lower-case hex digits",
              "format('revocations space_id=%s ucan_cid=%s', space_id, left(ucan_cid, 80))",
              "revocations where ucan_cid !~ '^[0-9a-f]{64}$'"),
          // The mailbox itself is not printed, because it identifies a person.
          new Check(
              "invitations_mailbox_check",
              "a mailbox is 64 lower-case hex digits",
              "format('invitations id=%s', id)",
              "invitations where mailbox_id !~ '^[0-9a-f]{64}$'"),
          new Check(
              "federation_signing_keys_primary_check",
              "the primary signing key is a seed of 32 bytes or a sealed one of 69, and a public"
                  + " key of 32",
              "format('federation_signing_keys kid=%s', kid)",
              "federation_signing_keys where is_primary and (length(private_key) not in (32,"
                  + " 69) or length(public_key) <> 32)"));

  /** Finds the rows that break a constraint that does not exist yet or was added NOT VALID. */
  static List<BrokenRows> find(Connection connection) throws SQLException {
    List<BrokenRows> found = new ArrayList<>();
    for (Check check : CHECKS) {
      if (!isValid(connection, check.constraint())) {
        BrokenRows broken = find(connection, check);
        if (broken.count() > 0) {
          found.add(broken);
        }
      }
    }
    return List.copyOf(found);
  }

  // The earlier release has a files_record_fk too, on record_id alone.
  private static boolean isValid(Connection connection, String constraint) throws SQLException {
    String sql =
        """
        select exists (select from pg_constraint
           where conname = ? and convalidated and (contype <> 'f' or cardinality(conkey) = 2)
             and connamespace = (select oid from pg_namespace where nspname = current_schema()))
        """;
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      select.setString(1, constraint);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }

  private static BrokenRows find(Connection connection, Check check) throws SQLException {
    String sql =
        "select count(*) over (), "
            + check.key()
            + " from "
            + check.from()
            + " limit "
            + MAX_LISTED;
    long count = 0;
    List<String> keys = new ArrayList<>();
    try (PreparedStatement select = connection.prepareStatement(sql);
        ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        count = rows.getLong(1);
        keys.add(rows.getString(2));
      }
    }
    return new BrokenRows(check.constraint(), check.meaning(), count, List.copyOf(keys));
  }
}
