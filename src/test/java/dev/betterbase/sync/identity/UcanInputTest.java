package dev.betterbase.sync.identity;

import static dev.betterbase.sync.identity.GoodChains.CLOCK;
import static dev.betterbase.sync.identity.GoodChains.DEPTH;
import static dev.betterbase.sync.identity.GoodChains.KEYS;
import static dev.betterbase.sync.identity.GoodChains.SPACE;
import static dev.betterbase.sync.identity.GoodChains.base64;
import static dev.betterbase.sync.identity.GoodChains.chain;
import static dev.betterbase.sync.identity.GoodChains.good;
import static dev.betterbase.sync.identity.GoodChains.verify;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.UUID;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Inputs that are no good chain, of any form and length: each is refused as an invalid UCAN. */
class UcanInputTest {
  private final UcanVerifier fresh = new UcanVerifier(CLOCK);

  /** Every input is refused as an invalid UCAN, and with no other exception. */
  @Property(tries = 3_000)
  void noInputDoesMoreThanBeRefused(@ForAll("inputs") String token) {
    assertThatThrownBy(() -> verify(fresh, token, DEPTH)).isExactlyInstanceOf(InvalidUcan.class);
  }

  @Provide
  Arbitrary<String> inputs() {
    Arbitrary<String> text = Arbitraries.strings().ofMaxLength(200);
    Arbitrary<String> bytes =
        Arbitraries.bytes().array(byte[].class).ofMaxSize(200).map(b -> base64(b));
    Arbitrary<String> header = object(HEADER_NAMES).map(UcanInputTest::encoded);
    Arbitrary<String> claims = object(CLAIM_NAMES).map(UcanInputTest::encoded);
    Arbitrary<String> signature =
        Arbitraries.oneOf(
            Arbitraries.bytes().array(byte[].class).ofSize(64).map(b -> base64(b)),
            Arbitraries.of(base64(new byte[64]), base64(new byte[0]), base64(new byte[63])),
            bytes);
    String goodHeader = chain(1).split("\\.", -1)[0];
    Arbitrary<String> headers =
        Arbitraries.oneOf(header, header, bytes, text, odd("alg", "\"ES256\""));
    Arbitrary<String> payloads =
        Arbitraries.oneOf(
            claims,
            bytes,
            text,
            odd("iss", quoted(KEYS.getFirst().did())),
            // All that is looked at before the signature is good.
            Arbitraries.of(chain(DEPTH).split("\\.", -1)[1]));
    return Arbitraries.oneOf(
        text,
        joined(headers, payloads, signature),
        joined(Arbitraries.of(goodHeader), payloads, signature),
        headers.list().ofMaxSize(5).map(parts -> String.join(".", parts)));
  }

  private static final List<String> HEADER_NAMES =
      List.of(
          "alg",
          "typ",
          "cty",
          "crit",
          "kid",
          "jku",
          "jwk",
          "x5u",
          "x5t",
          "x5t#S256",
          "x5c",
          "b64",
          "enc",
          "zip",
          "epk",
          "apu",
          "iss");
  private static final List<String> CLAIM_NAMES =
      List.of("iss", "aud", "exp", "nbf", "cmd", "with", "nonce", "prf", "fct", "");

  private static Arbitrary<String> joined(
      Arbitrary<String> header, Arbitrary<String> claims, Arbitrary<String> signature) {
    return Combinators.combine(header, claims, signature).as((h, c, s) -> h + '.' + c + '.' + s);
  }

  private static Arbitrary<String> object(List<String> names) {
    Arbitrary<String> leaf =
        Arbitraries.oneOf(
            Arbitraries.of("null", "true", "false", "0", "-1", "1.5", "1e400", "-1e-400", "9e18"),
            Arbitraries.of("9".repeat(900), "9".repeat(2_000), "\"\\ud800\"", "\"\\u0000\""),
            Arbitraries.of(
                "\"ES256\"", "\"none\"", "\"HS256\"", "\"JWT\"", "[\"b64\"]", "[\"alg\"]"),
            Arbitraries.of(
                quoted(KEYS.getFirst().did()), "\"/space/write\"", "\"space:" + SPACE + "\""),
            Arbitraries.of(
                "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"\",\"y\":\"\"}",
                "{\"kty\":\"oct\",\"k\":\"AA\"}"),
            Arbitraries.of(
                "\"http://[\"",
                "\"https://a.example\"",
                "[\"AAAA\"]",
                "[\"MIIB\",7]",
                "{\"kty\":7}"),
            Arbitraries.strings().alpha().ofMaxLength(8).map(UcanInputTest::quoted));
    Arbitrary<String> value =
        Arbitraries.recursive(
            () -> leaf,
            inner ->
                Arbitraries.oneOf(
                    inner.list().ofMaxSize(3).map(list -> "[" + String.join(",", list) + "]"),
                    members(names, inner, 3)),
            0,
            2);
    return members(names, value, 8);
  }

  private static Arbitrary<String> members(
      List<String> names, Arbitrary<String> value, int atMost) {
    return Combinators.combine(Arbitraries.of(names), value)
        .as((name, content) -> quoted(name) + ':' + content)
        .list()
        .ofMaxSize(atMost)
        .map(members -> "{" + String.join(",", members) + "}");
  }

  /** Objects that are deep, wide or long, with one good member. */
  private static Arbitrary<String> odd(String name, String value) {
    String member = quoted(name) + ':' + value + ',';
    return Arbitraries.of(
            "\"a\":" + "[".repeat(900) + "]".repeat(900),
            "\"a\":" + "[".repeat(20_000) + "]".repeat(20_000),
            "\"a\":" + "{\"a\":".repeat(900) + "0" + "}".repeat(900),
            "\"a\":" + "{\"a\":".repeat(8_000),
            "\"a\":" + "[".repeat(45_000),
            "\"a\":[" + "0,".repeat(20_000) + "0]",
            "\"exp\":" + "9".repeat(45_000),
            "\"exp\":1e" + "9".repeat(900),
            "\"exp\":1e999999999",
            "\"crit\":[" + "\"a\",".repeat(10_000) + "\"a\"]",
            "\"prf\":[\"" + "a.".repeat(20_000) + "\"]",
            "\"prf\":[\"" + "a".repeat(100_000) + "\"]",
            "\"" + "b".repeat(45_000) + "\":0",
            member + "\"a\":0",
            "")
        .map(rest -> encoded("{" + member + rest + "}"));
  }

  private static String quoted(String text) {
    return '"' + text + '"';
  }

  @Example
  void textsOfAnyLengthAreRefused() {
    String nonce = UUID.randomUUID().toString();
    for (String token :
        List.of(
            "",
            "..",
            "a".repeat(10_000_000),
            ".".repeat(60_000),
            ".".repeat(10_000_000),
            good(0).claim("fct", "x".repeat(60_000)).claim("nonce", nonce).sign(),
            good(0).claim("fct", "x".repeat(5_000_000)).claim("nonce", nonce).sign())) {
      assertThatThrownBy(() -> verify(fresh, token, 1)).isExactlyInstanceOf(InvalidUcan.class);
    }
  }

  private static String encoded(String text) {
    return base64(text.getBytes(UTF_8));
  }
}
