package dev.betterbase.sync.record;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.pull;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** protocol.md: streams go on beside other requests, two at a time, eight wait. */
@IntegrationTest
class StreamsIT {
  private static final int RECORDS = 24;
  private static final int RECORD_SIZE = 1 << 20;
  private static final int RECEIVE_BUFFER = 65_536;

  private static final TestServer SERVER = TestServer.shared();

  /** Each test has a person of its own: streams that an earlier one has left would count. */
  private final TestUser reader = SERVER.newUser();

  private final String space = reader.personalSpace();

  /**
   * More than lies between a server and a client that does not read. The short requests of the
   * tests come once before, because a server that has just started may take longer for the first of
   * them than for a whole pull.
   */
  @BeforeEach
  void fill() {
    try (WireClient client = SERVER.connect(reader)) {
      client.request("push", push(SERVER.newUser().personalSpace())).ok();
      client.request("no.such", null).error();
      client.request("pull", pull(space, 0)).ok();
      for (int i = 0; i < RECORDS; i++) {
        client.request("push", push(space, put(newId(), 0, blob(RECORD_SIZE)))).ok();
      }
    }
  }

  @Test
  void longPullDoesNotHoldUpOthers() {
    TestUser writer = SERVER.newUser();
    try (WireClient client = connectSlow()) {
      String pull = client.start("pull", pull(space, 0));
      String push = client.start("push", push(writer.personalSpace()));
      String unknown = client.start("no.such", null);
      List<String> order = new ArrayList<>();
      int chunks = 0;
      int chunksBeforeOthers = 0;
      while (!order.contains(pull)) {
        JsonNode frame = client.nextReply();
        if (frame.get("type").intValue() == 3) {
          chunks++;
        } else {
          order.add(frame.get("id").textValue());
          chunksBeforeOthers = order.size() == 2 ? chunks : chunksBeforeOthers;
        }
      }
      assertThat(order).containsExactly(push, unknown, pull);
      assertThat(chunks).isEqualTo(RECORDS + 2);
      assertThat(chunksBeforeOthers).isLessThan(RECORDS - 5);
    }
  }

  @Test
  void eleventhStreamIsRefusedAndTheOthersComeWhole() {
    try (WireClient client = connectSlow()) {
      for (int i = 0; i < 11; i++) {
        client.start("pull", pull(space, 0));
      }
      Map<String, Integer> chunks = new HashMap<>();
      Map<String, JsonNode> ends = new HashMap<>();
      while (ends.size() < 11) {
        JsonNode frame = client.nextReply();
        String id = frame.get("id").textValue();
        if (frame.get("type").intValue() == 3) {
          chunks.merge(id, 1, Integer::sum);
        } else {
          ends.put(id, frame);
        }
      }
      assertThat(ends)
          .hasEntrySatisfying(
              "r11",
              refused -> {
                assertThat(refused.at("/error/code").textValue()).isEqualTo("rate_limited");
                assertThat(refused.at("/error/message").textValue()).isEqualTo("too many streams");
              });
      for (int i = 1; i <= 10; i++) {
        assertThat(ends)
            .hasEntrySatisfying(
                "r" + i,
                end -> assertThat(end.at("/result/_chunks").intValue()).isEqualTo(RECORDS + 2));
        assertThat(chunks).containsEntry("r" + i, RECORDS + 2);
      }
      // There is room again.
      assertThat(client.request("pull", pull(space, 1)).chunks()).hasSize(RECORDS + 1);
    }
  }

  @Test
  void shortPullsAreAnsweredInOrderBesideALongOne() {
    TestUser writer = SERVER.newUser();
    try (WireClient client = connectSlow()) {
      String longOne = client.start("pull", pull(space, 0));
      String shortOne = client.start("pull", pull(space, RECORDS));
      String push = client.start("push", push(writer.personalSpace()));
      List<String> ends = new ArrayList<>();
      while (ends.size() < 3) {
        JsonNode frame = client.nextReply();
        if (frame.get("type").intValue() != 3) {
          ends.add(frame.get("id").textValue());
        }
      }
      assertThat(ends).containsExactly(shortOne, push, longOne);
    }
  }

  @Test
  void connectionThatGoesAwayInAStreamHarmsNobody() {
    TestUser user = SERVER.newUser();
    for (int i = 0; i < 5; i++) {
      WireClient client = connectSlow();
      client.start("pull", pull(space, 0));
      client.nextReply();
      client.wire().cut();
    }
    try (WireClient client = SERVER.connect(user)) {
      client.expectOpen();
    }
    try (WireClient client = connectSlow()) {
      assertThat(client.request("pull", pull(space, 0)).chunks()).hasSize(RECORDS + 2);
    }
  }

  private WireClient connectSlow() {
    return WireClient.open(SERVER.process().port(), RECEIVE_BUFFER)
        .authenticate(reader.withOwnMailbox().token());
  }
}
