package dev.betterbase.sync.federation.calling;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.federation.Servers;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.WireClient;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A new method on a space is one class: added to the packaged server and to nothing else, it is
 * authorised, found by its name, and forwarded to the home server of its space.
 */
@IntegrationTest
@NightlyTest
class NewMethodIT {
  private static final int HOME = 0;
  private static final int AWAY = 1;
  private static Servers servers;

  @BeforeAll
  static void start() {
    servers = Servers.start(2, builder -> builder.jar(NewMethods.jar()));
  }

  @AfterAll
  static void stop() {
    servers.close();
  }

  private static SharedSpace newSpace() {
    return servers.newSpace(HOME, AWAY);
  }

  @Test
  void requestIsAnsweredByTheHomeOfTheSpaceForMembersOfBothServers() {
    SharedSpace space = newSpace();
    Member away = servers.invite(space, "write", AWAY);
    for (Member member : new Member[] {space.admin(), away}) {
      try (WireClient client = member.connect()) {
        JsonNode answer = client.request("test.request", member.params("text", "hello")).ok();
        assertThat(answer.get("space").asText()).isEqualTo(space.id());
        assertThat(answer.get("text").asText()).isEqualTo("hello");
        assertThat(answer.get("server").asText()).isEqualTo(servers.domain(HOME));
      }
    }
  }

  @Test
  void requestInAPersonalSpaceIsAnsweredHere() {
    TestServer server = servers.server(AWAY);
    var user = server.newUser();
    try (WireClient client = server.connect(user)) {
      JsonNode answer = client.request("test.request", Map.of("space", user.personalSpace())).ok();
      assertThat(answer.get("server").asText()).isEqualTo(servers.domain(AWAY));
    }
  }

  @Test
  void callerWithoutThePermissionIsRefusedOnBothServers() {
    SharedSpace space = newSpace();
    for (int on : new int[] {HOME, AWAY}) {
      Member reader = servers.invite(space, "read", on);
      try (WireClient client = reader.connect()) {
        assertThat(client.request("test.request", reader.params()).error())
            .isEqualTo("forbidden forbidden");
        assertThat(client.request("test.request", Map.of("text", "nowhere")).error())
            .isEqualTo("invalid_params invalid test request params");
      }
    }
  }

  @Test
  void streamComesFromTheHomeOfTheSpace() {
    SharedSpace space = newSpace();
    Member away = servers.invite(space, "read", AWAY);
    for (Member member : new Member[] {space.admin(), away}) {
      try (WireClient client = member.connect()) {
        WireClient.Reply answer = client.request("test.stream", member.params());
        assertThat(answer.ok().get("_chunks").asInt()).isEqualTo(3);
        assertThat(answer.chunks())
            .hasSize(3)
            .allSatisfy(
                chunk -> {
                  assertThat(chunk.get("name").asText()).isEqualTo("test.chunk");
                  assertThat(chunk.at("/data/server").asText()).isEqualTo(servers.domain(HOME));
                });
      }
    }
  }
}
