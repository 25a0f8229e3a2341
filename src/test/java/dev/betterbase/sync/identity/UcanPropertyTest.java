package dev.betterbase.sync.identity;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.testing.TestKey;
import dev.betterbase.sync.testing.TestUcan;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;

/**
 * What holds for every chain (auth.md, UCAN): a good one passes, and one that differs from a good
 * one in anything is refused, by a verifier that has not seen the good one and by one that has.
 */
class UcanPropertyTest {
  private static final int DEPTH = 3;
  private static final String SPACE = "5a4bfc46-90cf-517c-9cd7-c5ca19f890d3";
  private static final String OTHER_SPACE = "6e2b64ff-392c-434c-a4d6-e563dd890aa5";

  private static final long NOW = 1_795_000_000;
  private static final long EXPIRY = NOW + 3_600;
  private static final InstantSource CLOCK = InstantSource.fixed(Instant.ofEpochSecond(NOW));

  /** Each signs the link of its number, which is for the next. The first one's is the root key. */
  private static final List<TestKey> KEYS = Stream.generate(TestKey::create).limit(10).toList();

  private static final TestKey STRANGER = TestKey.create();

  /** Makes the token of a link, from the root, which is 0. */
  private interface Link {
    String sign(int number, TestUcan ucan);
  }

  /**
   * A claim that a link must not have.
   *
   * @param value null if the claim is taken out
   */
  private record Change(String claim, @Nullable Object value) {}

  private final UcanVerifier fresh = new UcanVerifier(CLOCK);

  private static TestUcan good(int number) {
    return KEYS.get(number)
        .ucan()
        .to(KEYS.get(number + 1))
        .on(SPACE)
        .allows("write")
        .claim("exp", EXPIRY);
  }

  private static TestUcan under(String proof, int number) {
    return good(number).claim("prf", List.of(proof));
  }

  private static String chain(int depth, Link link) {
    String token = link.sign(0, good(0));
    for (int i = 1; i < depth; i++) {
      token = link.sign(i, under(token, i));
    }
    return token;
  }

  private static String chain(int depth) {
    return chain(depth, (number, ucan) -> ucan.sign());
  }

  private static Capability verify(UcanVerifier verifier, String token, int depth)
      throws InvalidUcan {
    var demand =
        new UcanChain.Demand(
            SpaceId.parse(SPACE).orElseThrow(),
            P256Point.decode(KEYS.getFirst().compressed()).orElseThrow(),
            KEYS.get(depth).did(),
            Permission.WRITE);
    return verifier.verify(verifier.check(token, demand));
  }

  /** By a verifier that knows the chain from which it was made, and by one that does not. */
  private void refuses(String token, String original) {
    var knowing = new UcanVerifier(CLOCK);
    try {
      verify(knowing, original, DEPTH);
    } catch (InvalidUcan notGood) {
      throw new AssertionError("the original", notGood);
    }
    for (UcanVerifier verifier : List.of(knowing, fresh)) {
      assertThatThrownBy(() -> verify(verifier, token, DEPTH))
          .isExactlyInstanceOf(InvalidUcan.class);
    }
  }

  @Property(tries = 8)
  void chainsOfOneToEightLinksPass(@ForAll @IntRange(min = 1, max = 8) int depth)
      throws InvalidUcan {
    String token = chain(depth);
    Capability capability = verify(fresh, token, depth);
    assertThat(capability.space()).hasToString(SPACE);
    assertThat(capability.permission()).isEqualTo(Permission.WRITE);
    assertThat(capability.audience()).isEqualTo(KEYS.get(depth).did());
    assertThat(capability.restsOn(TestUcan.cid(token))).isTrue();
    assertThat(capability.cids()).hasSize(2 * depth).doesNotHaveDuplicates();
  }

  @Example
  void aChainOfNineIsRefused() {
    assertThatThrownBy(() -> verify(fresh, chain(9), 9)).isExactlyInstanceOf(InvalidUcan.class);
  }

  @Property(tries = 300)
  void noCharacterCanBeAnother(
      @ForAll @IntRange(min = 0, max = 100_000) int at, @ForAll("characters") char character) {
    String token = chain(DEPTH);
    refuses(changed(token, at, character), token);
  }

  @Property(tries = 150)
  void noCharacterCanBeMissingOrComeIn(
      @ForAll @IntRange(min = 0, max = 100_000) int at, @ForAll("characters") char character) {
    String token = chain(DEPTH);
    int place = at % token.length();
    String rest = token.substring(place + 1);
    refuses(token.substring(0, place) + rest, token);
    refuses(token.substring(0, place + 1) + character + rest, token);
  }

  /** Whoever holds a token can put another proof under it, and sign that. */
  @Property(tries = 150)
  void noCharacterOfAProofCanBeAnother(
      @ForAll @IntRange(min = 0, max = DEPTH - 2) int link,
      @ForAll @IntRange(min = 0, max = 100_000) int at,
      @ForAll("characters") char character) {
    refuses(
        chain(
            DEPTH,
            (number, ucan) -> number == link ? changed(ucan.sign(), at, character) : ucan.sign()),
        chain(DEPTH));
  }

  private static String changed(String token, int at, char character) {
    int place = at % token.length();
    char other = token.charAt(place) == character ? (character == 'A' ? 'B' : 'A') : character;
    return token.substring(0, place) + other + token.substring(place + 1);
  }

  @Provide
  Arbitrary<Character> characters() {
    return Arbitraries.oneOf(
        Arbitraries.chars().range('a', 'z').range('A', 'Z').range('0', '9').with('-', '_'),
        Arbitraries.of('.', '=', '+', '/', ' ', '\n', '\0', 'é', 'ı', '\uD800', '\uFF21'));
  }

  /** The claims of a chain that is signed as it stands. */
  @Property(tries = 400)
  void noClaimCanBeAnother(
      @ForAll @IntRange(min = 0, max = DEPTH - 1) int link, @ForAll("changes") Change change) {
    refuses(
        chain(
            DEPTH,
            (number, ucan) ->
                (number == link ? ucan.claim(change.claim(), change.value()) : ucan).sign()),
        chain(DEPTH));
  }

  @Provide
  Arbitrary<Change> changes() {
    var changes = new ArrayList<Change>();
    // The issuer's key is not the one that signs.
    add(changes, "iss", STRANGER.did(), null, "", 7, List.of(), "did:key:z", "did:web:a.example");
    add(
        changes,
        "aud",
        STRANGER.did(),
        null,
        "",
        7,
        List.of(),
        List.of(STRANGER.did()),
        List.of(7));
    add(changes, "with", "space:" + OTHER_SPACE, null, "", SPACE, 7, List.of("space:" + SPACE));
    add(changes, "with", "space:" + SPACE.toUpperCase(Locale.ROOT), "Space:" + SPACE);
    add(changes, "with", "space:" + SPACE.replace("-", ""), "space:" + SPACE + "/", "space:*");
    add(changes, "cmd", "/space/read", null, "", "/", "/space", "/space/write/", "write", 7);
    add(changes, "cmd", "/SPACE/WRITE", "/space/wrıte", List.of("/space/write"));
    add(changes, "exp", NOW - 5, 0, -1, null, "" + (NOW + 60), List.of(NOW + 60), 1e300, true);
    add(changes, "nbf", NOW + 600, 1e300, "", "" + NOW, List.of(), true);
    add(changes, "nonce", null, "", 7, List.of("n"), true);
    add(changes, "prf", 7, "", "a.b.c", List.of("a.b.c"), List.of(7), List.of("", ""), List.of(""));
    add(changes, "prf", List.of(List.of()), true);
    return Arbitraries.of(changes);
  }

  private static void add(List<Change> changes, String claim, @Nullable Object... values) {
    for (Object value : values) {
      changes.add(new Change(claim, value));
    }
  }

  @Property(tries = 60)
  void noLinkCanLoseItsProof(@ForAll @IntRange(min = 1, max = DEPTH - 1) int link) {
    for (Change change : List.of(new Change("prf", null), new Change("prf", List.of()))) {
      refuses(
          chain(
              DEPTH,
              (number, ucan) ->
                  (number == link ? ucan.claim(change.claim(), change.value()) : ucan).sign()),
          chain(DEPTH));
    }
  }

  @Property(tries = 60)
  void noLinkOutlivesItsProofOrAllowsMore(
      @ForAll @IntRange(min = 1, max = DEPTH - 1) int link, @ForAll boolean longer) {
    refuses(
        chain(
            DEPTH,
            (number, ucan) -> {
              if (number < link) {
                return ucan.sign();
              }
              return (longer ? ucan.claim("exp", EXPIRY + 1) : ucan.allows("admin")).sign();
            }),
        chain(DEPTH));
  }

  /** Changes that would be none if they were signed: under the old signature they are refused. */
  @Property(tries = 60)
  void noClaimCanBeAnotherUnderTheSameSignature(
      @ForAll @IntRange(min = 0, max = DEPTH - 1) int link, @ForAll @IntRange(max = 5) int what) {
    Link unsigned =
        (number, ucan) -> {
          String token = ucan.sign();
          if (number != link) {
            return token;
          }
          TestUcan other =
              switch (what) {
                case 0 -> ucan.claim("nonce", "another");
                case 1 -> ucan.claim("exp", EXPIRY - 1);
                case 2 -> ucan.allows("admin");
                case 3 -> ucan.claim("fct", "something");
                case 4 -> ucan.claim("nbf", 1);
                default -> ucan.claim("aud", List.of(KEYS.get(number + 1).did(), STRANGER.did()));
              };
          String signed = other.sign();
          return signed.substring(0, signed.lastIndexOf('.'))
              + token.substring(token.lastIndexOf('.'));
        };
    refuses(chain(DEPTH, unsigned), chain(DEPTH));
  }

  @Property(tries = 60)
  void nobodyElseCanSign(@ForAll @IntRange(min = 0, max = DEPTH - 1) int link) {
    refuses(
        chain(
            DEPTH,
            (number, ucan) -> {
              String token = ucan.sign();
              if (number != link) {
                return token;
              }
              // The right token with a signature that is a stranger's.
              String strangers = STRANGER.ucan().claim("nonce", "n").sign();
              return token.substring(0, token.lastIndexOf('.'))
                  + strangers.substring(strangers.lastIndexOf('.'));
            }),
        chain(DEPTH));
  }

  @Property(tries = 24)
  void linksStandInOneOrder(@ForAll("orders") List<Integer> order) {
    String token = good(order.getFirst()).sign();
    for (int number : order.subList(1, order.size())) {
      token = under(token, number).sign();
    }
    refuses(token, chain(DEPTH));
  }

  /** All orders but the good one; a link twice or one missing too. */
  @Provide
  Arbitrary<List<Integer>> orders() {
    List<Integer> inOrder = IntStream.range(0, DEPTH).boxed().toList();
    return Arbitraries.integers()
        .between(0, DEPTH - 1)
        .list()
        .ofMinSize(1)
        .ofMaxSize(DEPTH + 1)
        .filter(order -> !order.equals(inOrder));
  }

  @Property(tries = 40)
  void bothSignaturesOfATokenAreGoodAndACapabilityRestsOnBoth(
      @ForAll @IntRange(min = 0, max = DEPTH - 1) int link) throws InvalidUcan {
    var signed = new ArrayList<String>();
    String token =
        chain(
            DEPTH,
            (number, ucan) -> {
              signed.add(ucan.sign());
              return number == link ? TestUcan.twin(signed.getLast()) : signed.getLast();
            });
    Capability capability = verify(fresh, token, DEPTH);
    String twin = TestUcan.cid(TestUcan.twin(signed.get(link)));
    assertThat(twin).isNotEqualTo(TestUcan.cid(signed.get(link)));
    assertThat(capability.restsOn(TestUcan.cid(signed.get(link)))).isTrue();
    assertThat(capability.restsOn(twin)).isTrue();
    assertThat(capability.restsOn(Ucan.cid("another"))).isFalse();
  }

  @Example
  void aSignatureIsVerifiedOnce() throws InvalidUcan {
    List<String> tokens = new ArrayList<>();
    chain(
        DEPTH,
        (number, ucan) -> {
          tokens.add(ucan.sign());
          return tokens.getLast();
        });
    var verifier = new UcanVerifier(CLOCK);
    verify(verifier, tokens.getLast(), DEPTH);
    assertThat(verifier.verifiedSignatures()).isEqualTo(DEPTH);
    for (int round = 0; round < 3; round++) {
      verify(verifier, tokens.getLast(), DEPTH);
      verify(verifier, tokens.get(1), 2);
    }
    assertThat(verifier.verifiedSignatures()).as("seen before").isEqualTo(DEPTH);
    verify(verifier, under(tokens.getLast(), DEPTH).sign(), DEPTH + 1);
    assertThat(verifier.verifiedSignatures()).as("a new leaf").isEqualTo(DEPTH + 1);
    String wrong = under(tokens.getLast(), DEPTH).allows("admin").sign();
    assertThatThrownBy(() -> verify(verifier, wrong, DEPTH + 1))
        .isExactlyInstanceOf(InvalidUcan.class);
    assertThat(verifier.verifiedSignatures()).as("refused without one").isEqualTo(DEPTH + 1);
  }

  @Example
  void aWrongSignatureIsNotRemembered() {
    String token = chain(DEPTH);
    String wrong = token.substring(0, token.lastIndexOf('.') + 1) + base64(new byte[64]);
    for (int round = 1; round <= 3; round++) {
      assertThatThrownBy(() -> verify(fresh, wrong, DEPTH)).isExactlyInstanceOf(InvalidUcan.class);
      assertThat(fresh.verifiedSignatures()).isEqualTo(round);
    }
  }

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
    Arbitrary<String> header = object(HEADER_NAMES).map(UcanPropertyTest::base64);
    Arbitrary<String> claims = object(CLAIM_NAMES).map(UcanPropertyTest::base64);
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
            Arbitraries.strings().alpha().ofMaxLength(8).map(UcanPropertyTest::quoted));
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
        .map(rest -> base64("{" + member + rest + "}"));
  }

  private static String quoted(String text) {
    return '"' + text + '"';
  }

  private static String base64(String text) {
    return base64(text.getBytes(UTF_8));
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
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
}
