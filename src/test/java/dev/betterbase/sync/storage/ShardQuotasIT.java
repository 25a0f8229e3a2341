package dev.betterbase.sync.storage;

import static dev.betterbase.sync.storage.ShardedServer.count;
import static dev.betterbase.sync.storage.ShardedServer.isIn;
import static dev.betterbase.sync.testing.BucketServer.QUOTA_PERSON;
import static dev.betterbase.sync.testing.BucketServer.QUOTA_SPACES;
import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.delete;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.file.FileClient;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.testing.BucketServer;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.TestKey;
import dev.betterbase.sync.testing.TestPostgres;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The quotas of a person where spaces are spread over two databases (docs/protocol/storage.md,
 * Storage quotas).
 */
@IntegrationTest
class ShardQuotasIT {
  private static final int MEGABYTE = 1_000_000;

  private final TestPostgres.Database first = BucketServer.database();
  private final TestPostgres.Database second = BucketServer.secondDatabase();
  private final ShardedServer sharded = new ShardedServer(BucketServer.shared(), first, second);

  /** The admin of a shared space in the second database, whose personal space is for the first. */
  private Member adminElsewhere() {
    return Stream.generate(() -> sharded.sharedIn(second).admin())
        .limit(100)
        .filter(
            admin ->
                SpaceId.parse(admin.user().personalSpace())
                    .filter(space -> ShardChoice.of(space, List.of(1, 1)) == 1)
                    .isPresent())
        .findFirst()
        .orElseThrow();
  }

  private static WireClient.Reply create(WireClient client, String id, TestKey key) {
    return client.request(
        "space.create", Requests.map("id", id, "root_public_key", key.compressed()));
  }

  /** A space of the first database used so many bytes before the server started. */
  private void used(String space, int bytes) {
    String number = query(first, "select nextval('grant_numbers')");
    for (TestPostgres.Database each : List.of(first, second)) {
      query(each, "select check_grants_anew(%s)".formatted(number));
    }
    String updated =
        query(
            first,
            "update spaces set used_bytes = %d where id = '%s' and owner_hash is not null"
                    .formatted(bytes, space)
                + " returning id");
    assertThat(updated).isEqualTo(space);
  }

  private static String query(TestPostgres.Database database, String sql) {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      return rows.next() ? String.valueOf(rows.getString(1)) : "none";
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Object megabytes(String record, int count) {
    return put(record, 0, blob(count * MEGABYTE));
  }

  @Test
  void recordsAndFilesInBothDatabasesCountForOneQuota() {
    Member admin = adminElsewhere();
    TestUser user = admin.user();
    FileClient files =
        FileClient.of(
            sharded.server(),
            sharded.server().issuer().token().of(user).claim("scope", "sync files").sign(),
            user.personalSpace());
    String record = newId();
    String large = newId();
    try (WireClient client = admin.connect()) {
      client.request("push", push(user.personalSpace(), put(record, 0, blob(1)))).ok();
      assertThat(isIn(first, user.personalSpace())).isTrue();
      used(user.personalSpace(), QUOTA_PERSON - 5 * MEGABYTE);
      JsonNode pushed =
          client.request("push", admin.params("changes", List.of(megabytes(large, 4)))).ok();
      assertThat(pushed.get("ok").booleanValue()).as(pushed.toString()).isTrue();

      List<Object> more = List.of(megabytes(newId(), 1));
      for (Map<String, Object> refused :
          List.of(
              admin.params("changes", more),
              Requests.map("space", user.personalSpace(), "changes", more))) {
        JsonNode result = client.request("push", refused).ok();
        assertThat(result.get("ok").booleanValue()).isFalse();
        assertThat(result.get("error").textValue()).isEqualTo("payload_too_large");
      }
      assertThat(files.put(newId(), record, blob(MEGABYTE))).isEqualTo(413);

      client.request("push", admin.params("changes", List.of(delete(large, 1)))).ok();
      assertThat(files.put(newId(), record, blob(4 * MEGABYTE))).isEqualTo(201);
    }
    assertThat(count(second, "person_grants_given")).as("is kept in the first").isZero();
  }

  @Test
  void sharedSpacesInBothDatabasesCountForOneQuota() {
    TestUser user = sharded.server().newUser();
    try (WireClient client = sharded.server().connect(user)) {
      for (int i = 0; i < QUOTA_SPACES; i++) {
        create(client, newId(), TestKey.create()).ok();
      }
      assertThat(create(client, newId(), TestKey.create()).error())
          .isEqualTo("payload_too_large storage quota exceeded: max " + QUOTA_SPACES + " spaces");
    }
  }
}
