package dev.betterbase.sync.record;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.pull;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Much data through a server with little memory: a heap of 256 MiB. */
@IntegrationTest
@NightlyTest
@Order(1)
class BulkIT {
  private static final int LARGEST_FRAME = 4_194_304;
  private static TestServer server;

  @BeforeAll
  static void start() {
    server =
        TestServer.start(
            options -> options.name("bulk").heap("256m").embeddedDatabase().jvmAsShipped());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void tenThousandRecords() {
    TestUser user = server.newUser();
    String space = user.personalSpace();
    Map<String, Long> sums = new HashMap<>();
    try (WireClient client = server.connect(user)) {
      for (int i = 0; i < 10; i++) {
        List<Object> changes = new ArrayList<>();
        for (int j = 0; j < 1_000; j++) {
          String id = newId();
          byte[] blob = blob(600);
          sums.put(id, sum(blob));
          changes.add(put(id, 0, blob));
        }
        assertThat(client.request("push", push(space, changes)).ok().get("ok").booleanValue())
            .isTrue();
      }
      assertPulled(client, space, sums, 10);
    }
  }

  @Test
  @Timeout(600)
  void spaceOfAGibibyte() {
    TestUser user = server.newUser();
    String space = user.personalSpace();
    int records = 257;
    Map<String, Long> sums = new HashMap<>();
    try (WireClient client = server.connect(user)) {
      for (int i = 0; i < records; i++) {
        String id = newId();
        byte[] blob = blob(4_193_904);
        sums.put(id, sum(blob));
        assertThat(
                client.request("push", push(space, put(id, 0, blob))).ok().get("ok").booleanValue())
            .isTrue();
      }
      assertPulled(client, space, sums, records);
    }
  }

  // Everything comes, byte for byte, and no frame is longer than the SDK takes.
  private static void assertPulled(
      WireClient client, String space, Map<String, Long> sums, long cursor) {
    Map<String, Long> left = new HashMap<>(sums);
    String id = client.start("pull", pull(space, 0));
    long[] last = {0};
    JsonNode result =
        client
            .await(
                id,
                chunk -> {
                  JsonNode data = chunk.get("data");
                  if (chunk.get("name").textValue().equals("pull.record")) {
                    assertThat(left.remove(data.get("id").textValue())).isEqualTo(sum(data));
                    assertThat(data.get("cursor").longValue()).isGreaterThanOrEqualTo(last[0]);
                    last[0] = data.get("cursor").longValue();
                  }
                })
            .ok();
    assertThat(result.get("_chunks").intValue()).isEqualTo(sums.size() + 2);
    assertThat(left).isEmpty();
    assertThat(last[0]).isEqualTo(cursor);
    assertThat(client.largestMessage()).isLessThanOrEqualTo(LARGEST_FRAME);
  }

  private static long sum(JsonNode record) {
    try {
      return sum(record.get("blob").binaryValue());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long sum(byte[] blob) {
    CRC32 sum = new CRC32();
    sum.update(blob);
    return sum.getValue();
  }
}
