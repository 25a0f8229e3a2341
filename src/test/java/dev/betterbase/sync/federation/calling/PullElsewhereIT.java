package dev.betterbase.sync.federation.calling;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.federation.Servers;
import dev.betterbase.sync.federation.SharedServers;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.WireClient;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** federation.md, Calling: pulls of spaces that live here and on other servers. */
@IntegrationTest
class PullElsewhereIT {
  private static final int HOME = 0;
  private static final int AWAY = 1;
  private static Servers servers;

  @BeforeAll
  static void start() {
    servers = SharedServers.pair();
  }

  private static SharedSpace newSpace() {
    return servers.newSpace(HOME, AWAY);
  }

  @Test
  void pullOfSpacesHereAndElsewhereIsOneAnswer() {
    SharedSpace elsewhere = newSpace();
    Member member = servers.invite(elsewhere, "write", AWAY);
    try (WireClient client = member.connect()) {
      String own = member.user().personalSpace();
      client
          .request("push", Requests.push(own, Requests.put(Requests.newId(), 0, Requests.blob(10))))
          .ok();
      CallingIT.push(client, member, Requests.newId(), 0);

      WireClient.Reply pulled =
          client.request(
              "pull",
              Map.of(
                  "spaces",
                  List.of(
                      Requests.map("id", member.space(), "since", 0, "ucan", member.ucan()),
                      Requests.map("id", own, "since", 0),
                      Requests.map("id", UUID.randomUUID().toString(), "since", 0))));

      assertThat(pulled.ok().get("_chunks").asInt()).isEqualTo(6);
      assertThat(pulled.chunks())
          .extracting(chunk -> chunk.get("name").asText())
          .containsExactly(
              "pull.begin",
              "pull.record",
              "pull.commit",
              "pull.begin",
              "pull.record",
              "pull.commit");
      assertThat(pulled.chunks().get(0).get("data").get("space").asText())
          .isEqualTo(member.space());
      assertThat(pulled.chunks().get(3).get("data").get("space").asText()).isEqualTo(own);
    }
  }

  @Test
  void pullOfSpacesHereAndThereIsOneAnswer() {
    pullOfTwoSpacesIsOneAnswer(servers, newSpace(), SharedSpace.create(servers.server(AWAY)));
  }

  /** A member on the second server pulls both spaces, which are known there. */
  static void pullOfTwoSpacesIsOneAnswer(Servers servers, SharedSpace one, SharedSpace other) {
    Member member = servers.invite(one, "write", AWAY);
    Member same = in(other, member);
    try (WireClient client = member.connect()) {
      assertThat(CallingIT.push(client, member, Requests.newId(), 0)).isEqualTo(1);
      assertThat(CallingIT.push(client, same, Requests.newId(), 0)).isEqualTo(1);
      JsonNode subscribed =
          client.request("subscribe", Map.of("spaces", List.of(wanted(member), wanted(same)))).ok();
      assertThat(subscribed.get("spaces")).hasSize(2);

      WireClient.Reply pulled =
          client.request("pull", Map.of("spaces", List.of(wanted(member), wanted(same))));

      assertThat(pulled.ok().get("_chunks").asInt()).isEqualTo(6);
      assertThat(pulled.chunks())
          .filteredOn(chunk -> chunk.get("name").asText().equals("pull.record"))
          .extracting(chunk -> chunk.get("data").get("space").asText())
          .containsExactlyInAnyOrder(one.id(), other.id());
    }
  }

  @Test
  void pullAnswersInTheOrderOfTheRequest() {
    pullAnswersInTheOrderOfTheRequest(servers, newSpace(), newSpace(), newSpace(), newSpace());
  }

  /**
   * A member on the second server pulls spaces that are known there, among them one that lives
   * there, and one for which the chain is not.
   */
  static void pullAnswersInTheOrderOfTheRequest(
      Servers servers,
      SharedSpace firstAtHome,
      SharedSpace secondAtHome,
      SharedSpace elsewhere,
      SharedSpace unreadable) {
    SharedSpace here = SharedSpace.create(servers.server(AWAY));
    Member member = servers.invite(firstAtHome, "write", AWAY);
    List<Member> memberships =
        List.of(
            in(here, member),
            member,
            in(elsewhere, member),
            in(secondAtHome, member),
            // A chain for another space: the member cannot read it, so it is left out.
            new Member(
                member.server(), member.user(), member.key(), unreadable.id(), member.ucan()));
    String own = member.user().personalSpace();
    try (WireClient client = member.connect()) {
      for (Member each : memberships.subList(0, 4)) {
        CallingIT.push(client, each, Requests.newId(), 0);
      }
      client
          .request("push", Requests.push(own, Requests.put(Requests.newId(), 0, Requests.blob(9))))
          .ok();

      Map<String, Object> personal = Requests.map("id", own, "since", 0);
      WireClient.Reply pulled =
          client.request(
              "pull",
              Map.of(
                  "spaces",
                  List.of(
                      personal,
                      wanted(member),
                      wanted(memberships.get(4)),
                      wanted(memberships.get(0)),
                      wanted(memberships.get(2)),
                      wanted(memberships.get(3)),
                      personal,
                      wanted(member))));

      assertThat(pulled.ok().get("_chunks").asInt()).isEqualTo(21);
      assertThat(pulled.chunks())
          .filteredOn(chunk -> chunk.get("name").asText().equals("pull.commit"))
          .extracting(chunk -> chunk.get("data").get("space").asText())
          .containsExactly(
              own,
              firstAtHome.id(),
              here.id(),
              elsewhere.id(),
              secondAtHome.id(),
              own,
              firstAtHome.id());
    }
  }

  /** The same person in another space. */
  private static Member in(SharedSpace space, Member member) {
    String ucan =
        space
            .admin()
            .key()
            .ucan()
            .to(member.key())
            .on(space.id())
            .allows("write")
            .under(space.admin().ucan())
            .sign();
    return new Member(member.server(), member.user(), member.key(), space.id(), ucan);
  }

  private static Map<String, Object> wanted(Member member) {
    return Requests.map("id", member.space(), "since", 0, "ucan", member.ucan());
  }
}
