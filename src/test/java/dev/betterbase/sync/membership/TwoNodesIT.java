package dev.betterbase.sync.membership;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.WireClient;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A revocation on one node ends what rests on it on another (methods.md, membership.revoke). */
@IntegrationTest
class TwoNodesIT {

  private static TestServer first;
  private static ServerProcess second;

  @BeforeAll
  static void start() {
    first = TestServer.withDatabase();
    second =
        ServerProcess.builder()
            .name("node-2")
            .with("DATABASE_URL", TestServer.database().url())
            .with("TRUSTED_ISSUERS", first.issuer().url())
            .start();
  }

  @AfterAll
  static void stop() {
    second.close();
  }

  @Test
  void aRevocationReachesTheListenersOfAnotherNode() {
    SharedSpace space = SharedSpace.create(first);
    Member revoked = space.invite("write");
    Member untouched = space.invite("read");
    try (WireClient listening = WireClient.open(second.port()).authenticate(revoked.token());
        WireClient other = WireClient.open(second.port()).authenticate(untouched.token());
        WireClient admins = space.admin().connect()) {
      listening.request("subscribe", revoked.spaces(0)).ok();
      other.request("subscribe", untouched.spaces(0)).ok();
      admins.request("membership.revoke", space.admin().params("ucan_cid", revoked.cid())).ok();
      assertThat(push(listening, revoked)).as("the very next call").isEqualTo("forbidden");
      assertThat(listening.expectNotification("revoked").get("reason").asText())
          .isEqualTo("ucan_revoked");
      other.expectNotification("revoked");
      assertThat(push(admins, space.admin())).isEqualTo("done");
      assertThat(other.expectNotification("sync").get("cursor").asLong())
          .as("a marker, once the other node has found out")
          .isEqualTo(1);
      assertThat(listening.pollNotification("sync", Duration.ofMillis(500))).isEmpty();
    }
  }

  private static String push(WireClient client, Member member) {
    var change = Requests.put(Requests.newId(), 0, new byte[] {1});
    var result = client.request("push", member.params("changes", List.of(change))).ok();
    return result.get("ok").asBoolean() ? "done" : result.get("error").asText();
  }
}
