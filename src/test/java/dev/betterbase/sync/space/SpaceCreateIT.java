package dev.betterbase.sync.space;

import static dev.betterbase.sync.testing.Requests.map;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The method space.create (methods.md, space.create). */
@IntegrationTest
class SpaceCreateIT {
  private static final byte[] KEY = newRootKey();
  private final TestServer server = TestServer.shared();

  @Test
  void createsWithKeyGenerationOne() {
    try (WireClient client = server.connect(server.newUser())) {
      String id = Requests.newId();
      assertThat(client.request("space.create", map("id", id, "root_public_key", KEY)).ok())
          .isEqualTo(WireClient.CBOR.createObjectNode().put("id", id).put("key_generation", 1));
    }
  }

  @Test
  void takenIdIsAConflictInAnySpelling() {
    try (WireClient client = server.connect(server.newUser());
        WireClient other = server.connect(server.newUser())) {
      String id = Requests.newId();
      String spelling = "urn:uuid:" + id.toUpperCase(Locale.ROOT);
      assertThat(create(client, spelling).ok().get("id").textValue()).isEqualTo(spelling);
      for (String again : new String[] {id, "{" + id + "}", id.replace("-", "")}) {
        assertThat(create(other, again).error()).isEqualTo("conflict space already exists");
      }
    }
  }

  @Test
  void personalIdsAreTakenBeforeTheirFirstUse() {
    TestUser user = server.newUser();
    try (WireClient client = server.connect(user)) {
      String another = server.newUser().personalSpace();
      assertThat(create(client, another).error()).isEqualTo("conflict space already exists");
      assertThat(create(client, user.personalSpace()).error())
          .isEqualTo("conflict space already exists");
      assertThat(
              client
                  .request("push", Requests.push(user.personalSpace()))
                  .ok()
                  .get("ok")
                  .booleanValue())
          .isTrue();
    }
  }

  @Test
  void sharedSpaceIsClosedWithoutACapability() {
    try (WireClient client = server.connect(server.newUser())) {
      String id = Requests.newId();
      create(client, id).ok();
      assertThat(client.request("push", Requests.push(id)).ok())
          .isEqualTo(WireClient.CBOR.createObjectNode().put("ok", false).put("error", "forbidden"));
      assertThat(client.request("pull", Requests.pull(id, 0)).ok().get("_chunks").intValue())
          .isZero();
    }
  }

  @Test
  void invalidSpaceId() {
    try (WireClient client = server.connect(server.newUser())) {
      for (String id :
          new String[] {"", "x", "URN:UUID:" + Requests.newId(), Requests.newId() + "0"}) {
        assertThat(create(client, id).error()).isEqualTo("bad_request invalid space id");
      }
    }
  }

  @ParameterizedTest
  @MethodSource
  void invalidRootKey(byte[] key) {
    try (WireClient client = server.connect(server.newUser())) {
      assertThat(
              client
                  .request("space.create", map("id", Requests.newId(), "root_public_key", key))
                  .error())
          .isEqualTo("bad_request invalid root public key");
    }
  }

  static Stream<byte[]> invalidRootKey() {
    byte[] uncompressed = KEY.clone();
    uncompressed[0] = 4;
    byte[] offCurve = new byte[33];
    Arrays.fill(offCurve, (byte) 0xFF);
    offCurve[0] = 2;
    return Stream.of(
        new byte[0], Arrays.copyOf(KEY, 32), Arrays.copyOf(KEY, 34), uncompressed, offCurve);
  }

  @Test
  void invalidParams() {
    try (WireClient client = server.connect(server.newUser())) {
      String error = "invalid_params invalid space create params";
      assertThat(client.request("space.create", null).error()).isEqualTo(error);
      assertThat(client.request("space.create", map("id", 1, "root_public_key", KEY)).error())
          .isEqualTo(error);
      assertThat(
              client
                  .request("space.create", map("id", Requests.newId(), "root_public_key", "text"))
                  .error())
          .isEqualTo(error);
    }
  }

  @Test
  void homeServerThatIsNotTrusted() {
    try (WireClient client = server.connect(server.newUser())) {
      assertThat(
              client
                  .request(
                      "space.create",
                      map(
                          "id",
                          Requests.newId(),
                          "root_public_key",
                          KEY,
                          "home_server",
                          "sync.example.com"))
                  .error())
          .isEqualTo("bad_request home server is not trusted");
    }
  }

  @Test
  void atMostAHundredAnHour() {
    TestUser user = server.newUser();
    try (WireClient client = server.connect(user)) {
      for (int i = 0; i < 100; i++) {
        create(client, Requests.newId()).ok();
      }
      assertThat(create(client, Requests.newId()).error())
          .isEqualTo("rate_limited too many spaces");
      client.expectOpen();
    }
  }

  @Test
  void atMostAThousandAtOnceThroughAllConnectionsOfAPerson() {
    TestUser user = server.newUser();
    String taken = Requests.newId();
    for (int connection = 0; connection < 10; connection++) {
      try (WireClient client = server.connect(user.withOwnMailbox())) {
        for (int i = 0; i < 100; i++) {
          client.start("space.create", map("id", taken, "root_public_key", KEY));
        }
        for (int i = 0; i < 100; i++) {
          assertThat(client.nextReply().toString()).doesNotContain("rate_limited");
        }
      }
    }
    try (WireClient client = server.connect(user.withOwnMailbox())) {
      // A bucket that is filled by 100 an hour may have let one more through meanwhile.
      create(client, taken);
      assertThat(create(client, taken).error()).isEqualTo("rate_limited too many spaces");
    }
  }

  private static WireClient.Reply create(WireClient client, String id) {
    return client.request("space.create", map("id", id, "root_public_key", KEY));
  }

  /** A compressed point on P-256. */
  private static byte[] newRootKey() {
    try {
      ECKey key = new ECKeyGenerator(Curve.P_256).generate();
      byte[] x = key.getX().decode();
      byte[] y = key.getY().decode();
      byte[] compressed = new byte[33];
      compressed[0] = (byte) (2 + (y[y.length - 1] & 1));
      System.arraycopy(x, 0, compressed, 1 + 32 - x.length, x.length);
      return compressed;
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }
}
