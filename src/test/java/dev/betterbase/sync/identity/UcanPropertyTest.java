package dev.betterbase.sync.identity;

import static dev.betterbase.sync.identity.GoodChains.CLOCK;
import static dev.betterbase.sync.identity.GoodChains.DEPTH;
import static dev.betterbase.sync.identity.GoodChains.EXPIRY;
import static dev.betterbase.sync.identity.GoodChains.KEYS;
import static dev.betterbase.sync.identity.GoodChains.NOW;
import static dev.betterbase.sync.identity.GoodChains.SPACE;
import static dev.betterbase.sync.identity.GoodChains.base64;
import static dev.betterbase.sync.identity.GoodChains.chain;
import static dev.betterbase.sync.identity.GoodChains.good;
import static dev.betterbase.sync.identity.GoodChains.under;
import static dev.betterbase.sync.identity.GoodChains.verify;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.identity.GoodChains.Link;
import dev.betterbase.sync.testing.TestKey;
import dev.betterbase.sync.testing.TestUcan;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
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
  private static final String OTHER_SPACE = "6e2b64ff-392c-434c-a4d6-e563dd890aa5";

  private static final TestKey STRANGER = TestKey.create();

  /**
   * A claim that a link must not have.
   *
   * @param value null if the claim is taken out
   */
  private record Change(String claim, @Nullable Object value) {}

  private final UcanVerifier fresh = new UcanVerifier(CLOCK);

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
}
