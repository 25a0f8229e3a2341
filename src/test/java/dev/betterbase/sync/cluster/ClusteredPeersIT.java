package dev.betterbase.sync.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.federation.Servers;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SequentialIntegrationTest;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.WireClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Two servers that trust one another, each of two nodes (docs/scaling.md, What is shared and what
 * is not). Only the first node of each has the address that its peer calls.
 */
@NightlyTest
@SequentialIntegrationTest
class ClusteredPeersIT {
  private static final int HOME = 0;
  private static final int AWAY = 1;
  private static final Duration LIMIT = Duration.ofMinutes(1);

  private static final List<RelayedMembers> CLUSTERS =
      List.of(new RelayedMembers(2), new RelayedMembers(2));
  private static final List<ServerProcess> SECOND_NODES = new ArrayList<>();
  private static Servers servers;

  @BeforeAll
  static void start() {
    servers =
        Servers.start(
            2,
            (index, builder) ->
                CLUSTERS.get(index).join(builder, 0).name("clustered-" + index + "-1"));
    for (int index : List.of(HOME, AWAY)) {
      SECOND_NODES.add(secondNode(index));
    }
  }

  private static ServerProcess secondNode(int index) {
    return CLUSTERS
        .get(index)
        .join(servers.secondNode(index), 1)
        .name("clustered-" + index + "-2")
        .start();
  }

  @AfterAll
  static void stop() {
    SECOND_NODES.forEach(ServerProcess::close);
    servers.close();
    CLUSTERS.forEach(RelayedMembers::close);
  }

  private static boolean isWhole(int index) throws IOException {
    return RelayedMembers.allSee(
        List.of(servers.server(index).process(), SECOND_NODES.get(index)), 2);
  }

  private static WireClient onSecondNode(int index, Member member) {
    return WireClient.open(SECOND_NODES.get(index).port()).authenticate(member.token());
  }

  private static WireClient subscribed(WireClient client, Member member) {
    JsonNode answer = client.request("subscribe", member.spaces(0)).ok();
    assertThat(answer.get("spaces")).as(answer.toString()).hasSize(1);
    return client;
  }

  private static void push(WireClient client, Member member) {
    var change = Requests.put(Requests.newId(), 0, Requests.blob(50), Requests.dek(1));
    JsonNode pushed = client.request("push", member.params("changes", List.of(change))).ok();
    assertThat(pushed.get("ok").asBoolean()).as(pushed.toString()).isTrue();
  }

  private static void expectRecord(WireClient client, long cursor) {
    JsonNode sync = client.expectNotification("sync");
    assertThat(sync.get("cursor").asLong()).isEqualTo(cursor);
    assertThat(sync.get("records")).hasSize(1);
  }

  /**
   * Expects the push behind a revocation. While the server of the member asks the home who is still
   * a member, it holds pushes back, and a marker stands for them.
   */
  private static void expectRecordOrMarker(WireClient client, Member member, long cursor) {
    assertThat(client.expectNotification("sync").get("cursor").asLong()).isEqualTo(cursor);
    assertThat(client.request("pull", member.spaces(cursor - 1)).chunks())
        .extracting(chunk -> chunk.at("/data/cursor").asLong())
        .contains(cursor);
  }

  @Test
  void whatHappensOnAnyNodeOfTheHomeReachesTheNodeThatHasTheSubscribers() throws IOException {
    await().atMost(LIMIT).until(() -> isWhole(HOME) && isWhole(AWAY));
    SharedSpace space = servers.newSpace(HOME, AWAY);
    Member one = servers.invite(space, "write", AWAY);
    Member two = servers.invite(space, "read", AWAY);
    try (WireClient homeFirst = subscribed(space.admin().connect(), space.admin());
        WireClient homeSecond = subscribed(onSecondNode(HOME, space.admin()), space.admin());
        WireClient awayFirst = subscribed(two.connect(), two);
        WireClient awaySecond = subscribed(onSecondNode(AWAY, one), one)) {
      push(homeSecond, space.admin());
      for (WireClient each : List.of(homeFirst, awayFirst, awaySecond)) {
        expectRecord(each, 1);
      }
      push(awaySecond, one);
      for (WireClient each : List.of(homeFirst, homeSecond, awayFirst)) {
        expectRecord(each, 2);
      }
      homeSecond.request("membership.revoke", space.admin().params("ucan_cid", one.cid())).ok();
      assertThat(awaySecond.expectNotification("revoked").get("space").asText())
          .isEqualTo(space.id());
      push(homeFirst, space.admin());
      expectRecordOrMarker(awayFirst, two, 3);
      assertThat(awaySecond.pollNotification("sync", Duration.ZERO)).isEmpty();
    }
  }
}
