package dev.betterbase.sync.rpc;

import static dev.betterbase.sync.testing.Requests.map;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.TestIssuer;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** protocol.md: 4001 at the end of a token; methods.md: token.refresh. */
@IntegrationTest
class TokenLifeIT {
  private final TestServer server = TestServer.shared();
  private final TestIssuer issuer = server.issuer();

  @Test
  void connectionEndsWithItsToken() {
    TestUser user = server.newUser();
    try (WireClient client = server.connect(shortToken(user))) {
      client.expectOpen();
      client.expectClose(4001, "token expired");
    }
  }

  @Test
  void refreshPutsOffTheEnd() {
    TestUser user = server.newUser();
    try (WireClient client = server.connect(shortToken(user))) {
      assertThat(refresh(client, user.token()).get("ok").booleanValue()).isTrue();
      client.readFor(Duration.ofSeconds(12));
      client.expectOpen();
    }
  }

  @Test
  void refreshCanAlsoBringTheEndNearer() {
    TestUser user = server.newUser();
    try (WireClient client = server.connect(user)) {
      assertThat(refresh(client, shortToken(user))).isEqualTo(refreshed());
      client.expectClose(4001, "token expired");
    }
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource
  void refusedRefresh(String token, String error) {
    try (WireClient client = server.connect(USER)) {
      JsonNode result = refresh(client, token);
      assertThat(result.get("ok").booleanValue()).isFalse();
      assertThat(result.get("error").textValue()).isEqualTo(error);
      assertThat(result).hasSize(2);
      client.expectOpen();
    }
  }

  private static final TestUser USER = TestServer.shared().newUser();

  static Stream<Arguments> refusedRefresh() {
    TestIssuer issuer = USER.issuer();
    TestUser elsewhere =
        new TestUser(
            TestServer.shared().otherIssuer(), USER.subject(), USER.client(), USER.mailbox());
    try (TestIssuer stranger = TestIssuer.down()) {
      return Stream.of(
          Arguments.of("", "missing auth token"),
          Arguments.of("junk", "invalid auth token"),
          Arguments.of(issuer.token().of(USER).signedByStranger().sign(), "invalid auth token"),
          Arguments.of(
              issuer.token().of(USER).expiresIn(Duration.ofSeconds(-2)).sign(),
              "expired auth token"),
          Arguments.of(stranger.token().of(USER).sign(), "untrusted auth issuer"),
          Arguments.of(issuer.token().of(USER).claim("scope", "").sign(), "sync scope required"),
          Arguments.of(
              TestServer.shared().newUser().withClient(USER.client()).token(),
              "token identity mismatch"),
          Arguments.of(USER.withClient("another").token(), "token identity mismatch"),
          Arguments.of(elsewhere.token(), "token identity mismatch"));
    }
  }

  @Test
  void refusedRefreshDoesNotPutOffTheEnd() {
    TestUser user = server.newUser();
    try (WireClient client = server.connect(shortToken(user))) {
      assertThat(refresh(client, server.newUser().token()).get("ok").booleanValue()).isFalse();
      client.expectClose(4001, "token expired");
    }
  }

  @Test
  void invalidParams() {
    try (WireClient client = server.connect(server.newUser())) {
      String error = "invalid_params invalid token refresh params";
      assertThat(client.request("token.refresh", map()).error()).isEqualTo(error);
      assertThat(client.request("token.refresh", map("token", 1)).error()).isEqualTo(error);
      assertThat(client.request("token.refresh", "token").error()).isEqualTo(error);
    }
  }

  @Test
  void countFollowsANewMailbox() {
    TestUser user = server.newUser();
    TestUser moved = user.withOwnMailbox();
    try (WireClient one = server.connect(user);
        WireClient two = server.connect(user);
        WireClient three = server.connect(user)) {
      two.expectOpen();
      three.expectOpen();
      assertThat(refresh(one, moved.token())).isEqualTo(refreshed());
      try (WireClient four = server.connect(user);
          WireClient alsoMoved = server.connect(moved);
          WireClient thirdMoved = server.connect(moved)) {
        four.expectOpen();
        alsoMoved.expectOpen();
        thirdMoved.expectOpen();
        try (WireClient tooMany = server.connect(moved)) {
          tooMany.expectClose(4003, "too many connections");
        }
        try (WireClient tooMany = server.connect(user)) {
          tooMany.expectClose(4003, "too many connections");
        }
      }
    }
  }

  private static JsonNode refresh(WireClient client, String token) {
    return client.request("token.refresh", map("token", token)).ok();
  }

  private static JsonNode refreshed() {
    return WireClient.CBOR.createObjectNode().put("ok", true);
  }

  /** A busy machine may take seconds for what the test does before it ends. */
  private String shortToken(TestUser user) {
    return issuer.token().of(user).expiresIn(Duration.ofSeconds(10)).sign();
  }
}
