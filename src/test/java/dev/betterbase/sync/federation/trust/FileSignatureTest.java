package dev.betterbase.sync.federation.trust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.federation.wire.FileProtocol;
import dev.betterbase.sync.settings.FederationSettings;
import dev.betterbase.sync.settings.KeyId;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** federation.md, Files: what is signed, and how often it is good. */
class FileSignatureTest {
  private static final long NOW = 1_800_000_000;
  private static final String PATH = "/api/v1/federation/spaces/s/files/f";
  private static final Map<String, String> FIELDS =
      Map.of("host", "home.example", "x-ucan", "u", "x-record-id", "r", "x-wrapped-dek", "d");

  private final SigningKey key =
      SigningKey.generate(KeyId.parse("https://a.example/.well-known/jwks.json#k").orElseThrow());
  private final PeerAuthentication authentication = trusting("a.example");

  private PeerAuthentication trusting(String domain) {
    return trusting(domain, id -> Optional.of(key.publicKey()));
  }

  private static PeerAuthentication trusting(String domain, PeerAuthentication.Keys keys) {
    return authentication("home.example", domain, keys, (signature, until) -> true);
  }

  private static PeerAuthentication authentication(
      @Nullable String own, PeerAuthentication.Keys keys, PeerAuthentication.Seen seen) {
    return authentication(own, "a.example", keys, seen);
  }

  private static PeerAuthentication authentication(
      @Nullable String own,
      String trusted,
      PeerAuthentication.Keys keys,
      PeerAuthentication.Seen seen) {
    return PeerAuthentication.ofFiles(
        new FederationSettings(
            Optional.ofNullable(own),
            Set.of(trusted),
            false,
            Map.of(),
            Optional.empty(),
            Optional.empty(),
            new FederationSettings.Quotas(1, 1, 1, 1, 1)),
        keys,
        InstantSource.fixed(Instant.ofEpochSecond(NOW)),
        seen);
  }

  private Map<String, String> sign(List<String> fields, String nonce) {
    var sent = new HashMap<>(FIELDS);
    sent.putAll(
        HttpSignature.sign(
            key,
            new HttpSignature.Unsigned("PUT", "https://home.example" + PATH, FIELDS, fields),
            NOW,
            Optional.of(nonce)));
    return sent;
  }

  private String send(String method, String path, Map<String, String> sent) {
    return send(authentication, method, path, sent);
  }

  private static String send(
      PeerAuthentication by, String method, String path, Map<String, String> sent) {
    return send(by, method, path, sent, 443);
  }

  private static String send(
      PeerAuthentication by, String method, String path, Map<String, String> sent, int localPort) {
    try {
      return by.authenticate(
          new HttpSignature.Request(method, path, sent::get),
          localPort,
          sent.get(HttpSignature.INPUT_HEADER),
          sent.get(HttpSignature.HEADER));
    } catch (PeerAuthentication.Refused refused) {
      return refused.status() + " " + refused.getMessage();
    }
  }

  @Test
  void requestsOfOneSecondAreToldApartByTheirNonce() {
    Map<String, String> first = sign(FileProtocol.SIGNED_FIELDS, "1");
    assertThat(send("PUT", PATH, first)).isEqualTo("a.example");
    assertThat(send("PUT", PATH, sign(FileProtocol.SIGNED_FIELDS, "2"))).isEqualTo("a.example");
    assertThat(send("PUT", PATH, first)).isEqualTo("401 signature verification failed");
  }

  @Test
  void aKeyThatWasReplacedUnderItsIdIsLookedUpAgain() {
    SigningKey old = SigningKey.generate(key.id());
    var keys =
        new PeerAuthentication.Keys() {
          @Override
          public Optional<byte[]> find(KeyId id) {
            return Optional.of(old.publicKey());
          }

          @Override
          public Optional<byte[]> replacement(KeyId id, byte[] failed) {
            return Optional.of(key.publicKey()).filter(next -> !Arrays.equals(next, failed));
          }
        };
    PeerAuthentication rotated = trusting("a.example", keys);
    Map<String, String> sent = sign(FileProtocol.SIGNED_FIELDS, "1");
    assertThat(send(rotated, "PUT", PATH + "2", sent))
        .isEqualTo("401 signature verification failed");
    assertThat(send(rotated, "PUT", PATH, sent)).isEqualTo("a.example");
  }

  @Test
  void whatAnotherNodeHasAcceptedIsRefused() {
    var elsewhere =
        authentication(
            "home.example",
            id -> Optional.of(key.publicKey()),
            (signature, until) -> {
              assertThat(signature).hasSize(64);
              assertThat(until).isEqualTo(Instant.ofEpochSecond(NOW + 300));
              return false;
            });
    assertThat(send(elsewhere, "PUT", PATH, sign(FileProtocol.SIGNED_FIELDS, "1")))
        .isEqualTo("401 signature verification failed");
  }

  @ParameterizedTest
  @CsvSource({
    "home.example,      home.example,      443,  true",
    "home.example,      home.example,      5379, true",
    "home.example,      home.example:5379, 5379, true",
    "home.example,      home.example:8443, 5379, false",
    "home.example:8443, home.example:8443, 5379, true",
    "home.example:8443, home.example,      5379, false",
    "home.example,      other.example,     443,  false",
    "home.example,      localhost:5379,    5379, true",
    "home.example,      127.0.0.1:5379,    5379, true",
    "home.example,      localhost:5380,    5379, false",
    "localhost:7001,    localhost:7001,    5379, true",
    ",                  home.example,      443,  false",
    ",                  home.example:5379, 5379, false",
    ",                  localhost:5379,    5379, true",
    ",                  localhost:5380,    5379, false",
  })
  void requestIsMeantForThisServer(
      @Nullable String domain, String host, int localPort, boolean accepted) {
    var own =
        authentication(domain, id -> Optional.of(key.publicKey()), (signature, until) -> true);
    var fields = new HashMap<>(FIELDS);
    fields.put("host", host);
    fields.putAll(
        HttpSignature.sign(
            key,
            new HttpSignature.Unsigned(
                "PUT", "https://" + host + PATH, Map.copyOf(fields), FileProtocol.SIGNED_FIELDS),
            NOW,
            Optional.of("n")));
    assertThat(send(own, "PUT", PATH, fields, localPort))
        .isEqualTo(accepted ? "a.example" : "401 signature verification failed");
  }

  @Test
  void onlyATrustedPeerIsLetIn() {
    assertThat(send(trusting("b.example"), "PUT", PATH, sign(FileProtocol.SIGNED_FIELDS, "1")))
        .isEqualTo("403 untrusted peer");
  }

  @Test
  void whatIsSentIsSigned() {
    for (String field : FileProtocol.SIGNED_FIELDS) {
      var others = FileProtocol.SIGNED_FIELDS.stream().filter(each -> !each.equals(field)).toList();
      assertThat(send("PUT", PATH, sign(others, "n")))
          .as("unsigned " + field)
          .isEqualTo("401 signature verification failed");
      Map<String, String> changed = sign(FileProtocol.SIGNED_FIELDS, "n");
      changed.put(field, "another");
      assertThat(send("PUT", PATH, changed))
          .as("changed " + field)
          .isEqualTo("401 signature verification failed");
    }
    Map<String, String> sent = sign(FileProtocol.SIGNED_FIELDS, "n");
    assertThat(send("GET", PATH, sent)).isEqualTo("401 signature verification failed");
    assertThat(send("PUT", PATH + "2", sent)).isEqualTo("401 signature verification failed");
    assertThat(send("PUT", PATH, sent)).isEqualTo("a.example");
  }

  @Test
  void whatIsNotSentNeedsNoSignature() {
    Map<String, String> sent = sign(List.of("x-ucan"), "n");
    sent.remove("x-record-id");
    sent.remove("x-wrapped-dek");
    assertThat(send("PUT", PATH, sent)).isEqualTo("a.example");
  }
}
