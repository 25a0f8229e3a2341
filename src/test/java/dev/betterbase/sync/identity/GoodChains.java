package dev.betterbase.sync.identity;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.testing.TestKey;
import dev.betterbase.sync.testing.TestUcan;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;

/** Chains of UCANs that a verifier accepts. */
final class GoodChains {
  static final int DEPTH = 3;
  static final String SPACE = "5a4bfc46-90cf-517c-9cd7-c5ca19f890d3";

  static final long NOW = 1_795_000_000;
  static final long EXPIRY = NOW + 3_600;
  static final InstantSource CLOCK = InstantSource.fixed(Instant.ofEpochSecond(NOW));

  /** Each signs the link of its number, which is for the next. The first one's is the root key. */
  static final List<TestKey> KEYS = Stream.generate(TestKey::create).limit(10).toList();

  /** Makes the token of a link, from the root, which is 0. */
  interface Link {
    String sign(int number, TestUcan ucan);
  }

  static TestUcan good(int number) {
    return KEYS.get(number)
        .ucan()
        .to(KEYS.get(number + 1))
        .on(SPACE)
        .allows("write")
        .claim("exp", EXPIRY);
  }

  static TestUcan under(String proof, int number) {
    return good(number).claim("prf", List.of(proof));
  }

  static String chain(int depth, Link link) {
    String token = link.sign(0, good(0));
    for (int i = 1; i < depth; i++) {
      token = link.sign(i, under(token, i));
    }
    return token;
  }

  static String chain(int depth) {
    return chain(depth, (number, ucan) -> ucan.sign());
  }

  static Capability verify(UcanVerifier verifier, String token, int depth) throws InvalidUcan {
    var demand =
        new UcanChain.Demand(
            SpaceId.parse(SPACE).orElseThrow(),
            P256Point.decode(KEYS.getFirst().compressed()).orElseThrow(),
            KEYS.get(depth).did(),
            Permission.WRITE);
    return verifier.verify(verifier.check(token, demand));
  }

  static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private GoodChains() {}
}
