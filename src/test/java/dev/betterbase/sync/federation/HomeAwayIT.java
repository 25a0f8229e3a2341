package dev.betterbase.sync.federation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.WireClient;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * federation.md: a home server that is killed and comes back, and keys that change under traffic.
 */
@IntegrationTest
class HomeAwayIT {
  private static final int HOME = 0;
  private static final int AWAY = 1;

  private static JsonNode push(WireClient client, Member member) {
    return client
        .request(
            "push",
            member.params("changes", List.of(Requests.put(Requests.newId(), 0, Requests.blob(20)))))
        .ok();
  }

  private static void awaitPush(WireClient client, Member member) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(90))
        .until(() -> push(client, member).get("ok").asBoolean());
  }

  /** Starts servers five times. */
  @Test
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void subscriptionsComeBackByThemselvesWhenTheHomeDoesAndKeysChangeUnderTraffic() {
    try (Servers servers = Servers.start(2, builder -> builder)) {
      SharedSpace space = SharedSpace.create(servers.server(HOME));
      servers.makeKnown(space, HOME, AWAY);
      Member member = servers.invite(space, "write", AWAY);
      ServerProcess home = servers.server(HOME).process();
      try (WireClient client = member.connect()) {
        client.request("subscribe", member.spaces(0)).ok();
        assertThat(push(client, member).get("ok").asBoolean()).isTrue();

        home.kill();
        assertThat(push(client, member).get("error").asText()).isEqualTo("internal");
        assertThat(client.request("pull", member.spaces(0)).ok().get("_chunks").asInt()).isZero();
        String own = member.user().personalSpace();
        assertThat(
                client
                    .request(
                        "push", Requests.push(own, Requests.put(Requests.newId(), 0, new byte[1])))
                    .ok()
                    .get("ok")
                    .asBoolean())
            .isTrue();
        home.start();

        // What was pushed while nobody here was connected is told by a marker, or by the push.
        try (WireClient admin = space.admin().connect()) {
          assertThat(push(admin, space.admin()).get("cursor").asLong()).isEqualTo(2);
        }
        assertThat(client.expectNotification("sync").get("cursor").asLong()).isEqualTo(2);
        awaitPush(client, member);

        // A new key, by which the next connection is signed; its peer has never seen it.
        try (ServerProcess keygen =
            ServerProcess.builder()
                .arguments("federation-keygen", "--domain", servers.domain(AWAY), "--kid", "second")
                .name("keygen")
                .with("DATABASE_URL", servers.database(AWAY))
                .launch()) {
          assertThat(keygen.awaitExit(Duration.ofMinutes(2))).isZero();
        }
        home.kill();
        home.start();
        awaitPush(client, member);
        try (WireClient admin = space.admin().connect()) {
          long cursor = push(admin, space.admin()).get("cursor").asLong();
          Awaitility.await()
              .until(() -> client.expectNotification("sync").get("cursor").asLong() == cursor);
        }
      }
      assertThat(servers.server(AWAY).process().output())
          .contains("Connected to the home server " + servers.domain(HOME));
    }
  }
}
