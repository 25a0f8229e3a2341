package dev.betterbase.sync.federation.trust;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.Vectors;
import dev.betterbase.sync.Vectors.Vector;
import dev.betterbase.sync.settings.FederationSettings;
import dev.betterbase.sync.settings.KeyId;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** auth.md, HTTP signature: the cases of federation.json, at their own time. */
class HttpSignatureVectorsTest {
  private static final JsonNode DOCUMENT = Vectors.document("federation.json");

  static Stream<Vector> signatures() {
    return Vectors.of("federation.json", "http-signature");
  }

  private static PeerAuthentication authentication() {
    Map<String, String> keys = new HashMap<>();
    for (JsonNode key : DOCUMENT.get("trusted_keys")) {
      keys.put(key.get("keyid").textValue(), key.get("public_key").textValue());
    }
    Set<String> domains = new HashSet<>();
    DOCUMENT.get("trusted_domains").forEach(domain -> domains.add(domain.textValue()));
    var settings =
        new FederationSettings(
            Optional.of("sync.example.com"),
            domains,
            true,
            keys,
            Optional.empty(),
            Optional.empty(),
            new FederationSettings.Quotas(1, 1, 1, 1, 1));
    Instant now = Instant.ofEpochSecond(DOCUMENT.get("now").longValue());
    return PeerAuthentication.ofHandshakes(
        settings, id -> listed(keys, id), InstantSource.fixed(now), (signature, until) -> true);
  }

  private static Optional<byte[]> listed(Map<String, String> keys, KeyId id) {
    return Optional.ofNullable(keys.get(id.toString())).map(Base64.getUrlDecoder()::decode);
  }

  private record Outcome(int status, String said) {}

  private static Outcome send(PeerAuthentication authentication, JsonNode request) {
    JsonNode headers = request.get("headers");
    try {
      String peer =
          authentication.authenticate(
              new HttpSignature.Request(
                  request.get("method").textValue(),
                  request.get("path").textValue(),
                  name -> headers.path(name).textValue()),
              5379,
              headers.path("signature-input").textValue(),
              headers.path("signature").textValue());
      return new Outcome(101, peer);
    } catch (PeerAuthentication.Refused refused) {
      return new Outcome(refused.status(), String.valueOf(refused.getMessage()));
    }
  }

  private static List<String> oneOrSeveral(JsonNode node) {
    return node.isArray()
        ? StreamSupport.stream(node.spliterator(), false).map(JsonNode::asText).toList()
        : List.of(node.asText());
  }

  @ParameterizedTest
  @MethodSource("signatures")
  void handshakeIsAnsweredAsThePagesSay(Vector vector) {
    PeerAuthentication authentication = authentication();
    if (vector.fields().has("after")) {
      Vector first =
          signatures()
              .filter(other -> other.name().equals(vector.text("after")))
              .findFirst()
              .orElseThrow();
      assertThat(send(authentication, first.fields().get("request")).status()).isEqualTo(101);
    }

    Outcome outcome = send(authentication, vector.fields().get("request"));

    JsonNode expect = vector.expect();
    assertThat(String.valueOf(outcome.status())).isIn(oneOrSeveral(expect.get("status")));
    assertThat(outcome.said())
        .isIn(oneOrSeveral(expect.has("peer") ? expect.get("peer") : expect.get("error")));
  }

  @ParameterizedTest
  @MethodSource("signatures")
  void whatThisServerSignsIsWhatTheVectorsSign(Vector vector) {
    JsonNode request = vector.fields().get("request");
    if (vector.expect().path("status").asInt() != 101
        || !request
            .get("headers")
            .get("signature-input")
            .textValue()
            .startsWith("sig=(\"@method\" \"@target-uri\" \"host\")")) {
      return;
    }
    String text = vector.text("signed_text");
    String target =
        text.lines().skip(1).findFirst().orElseThrow().substring("\"@target-uri\": ".length());
    HttpSignature read =
        HttpSignature.read(
                request.get("headers").get("signature-input").textValue(),
                request.get("headers").get("signature").textValue())
            .orElseThrow();

    Map<String, String> headers =
        HttpSignature.sign(
            new SigningKey(KeyId.parse(read.keyId()).orElseThrow(), vector.hex("seed")),
            target,
            request.get("headers").get("host").textValue(),
            read.created());

    assertThat(headers)
        .containsEntry("Signature-Input", request.get("headers").get("signature-input").textValue())
        .containsEntry("Signature", request.get("headers").get("signature").textValue());
  }
}
