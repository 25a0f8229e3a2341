package dev.betterbase.sync.federation.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.settings.Domain;
import dev.betterbase.sync.settings.KeyId;
import dev.betterbase.sync.settings.Secret;
import dev.betterbase.sync.settings.SecretsKeys;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class KeySealTest {
  private static final Optional<Secret> ONE = Optional.of(new Secret("1f".repeat(32)));
  private static final Optional<Secret> TWO = Optional.of(new Secret("2f".repeat(32)));
  private static final KeySeal NONE = seal(Optional.empty(), Optional.empty());

  private final SigningKey key =
      SigningKey.generate(KeyId.of(new Domain("sync.example.com"), "one"));
  private final String kid = key.id().toString();
  private final byte[] sealed = seal(ONE, Optional.empty()).stored(key);

  private static KeySeal seal(Optional<Secret> current, Optional<Secret> previous) {
    return KeySeal.of(new SecretsKeys(current, previous));
  }

  @Test
  void withoutAKeyTheSeedIsStoredAsItIs() throws SealedSeed {
    assertThat(NONE.stored(key)).isEqualTo(key.seed());
    assertThat(NONE.seed(kid, key.publicKey(), key.seed())).isEqualTo(key.seed());
    assertThat(seal(ONE, TWO).seed(kid, key.publicKey(), key.seed())).isEqualTo(key.seed());
  }

  @Test
  void aSealedSeedOpensWithItsKeyAlsoWhenThatIsThePreviousOne() throws SealedSeed {
    assertThat(sealed).hasSize(69).isNotEqualTo(seal(ONE, Optional.empty()).stored(key));
    for (KeySeal each : new KeySeal[] {seal(ONE, Optional.empty()), seal(TWO, ONE)}) {
      assertThat(each.seed(kid, key.publicKey(), sealed)).isEqualTo(key.seed());
    }
    assertThat(seal(TWO, ONE).withoutSealing().stored(key)).isEqualTo(key.seed());
  }

  private void assertCloses(KeySeal seal, String id, byte[] publicKey, byte[] stored, String why) {
    assertThatThrownBy(() -> seal.seed(id, publicKey, stored))
        .isInstanceOf(SealedSeed.class)
        .hasMessageContaining(why)
        .hasMessageContaining(id)
        .hasMessageNotContaining("1f1f");
  }

  @Test
  void withoutItsKeyItStaysClosed() {
    assertCloses(NONE, kid, key.publicKey(), sealed, "is sealed: set SECRETS_KEY");
    assertCloses(seal(TWO, Optional.empty()), kid, key.publicKey(), sealed, "with another key");
  }

  @Test
  void itOpensInItsOwnRowOnlyAndUnchanged() {
    KeySeal seal = seal(ONE, Optional.empty());
    SigningKey other = SigningKey.generate(KeyId.of(new Domain("sync.example.com"), "two"));
    assertCloses(seal, other.id().toString(), key.publicKey(), sealed, "was changed");
    assertCloses(seal, kid, other.publicKey(), sealed, "was changed");
    for (int at = 9; at < sealed.length; at++) {
      byte[] changed = sealed.clone();
      changed[at] ^= 1;
      assertCloses(seal, kid, key.publicKey(), changed, "was changed");
    }
    for (int at = 0; at < 9; at++) {
      byte[] changed = sealed.clone();
      changed[at] ^= 1;
      assertCloses(seal, kid, key.publicKey(), changed, "with another key");
    }
  }
}
