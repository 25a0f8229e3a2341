package dev.betterbase.sync.federation.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.settings.Domain;
import dev.betterbase.sync.settings.KeyId;
import dev.betterbase.sync.settings.Secret;
import dev.betterbase.sync.settings.SecretsKeys;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.JpaProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@DatabaseTest
@ParameterizedClass
@Execution(ExecutionMode.CONCURRENT)
@EnumSource
class SigningKeyStoreIT {
  private static final KeySeal PLAIN = seal(Optional.empty(), Optional.empty());

  private final DataSource database = Databases.migrated();
  private final SigningKeyRotation rotation = new SigningKeyRotation(new Database(database), PLAIN);
  private final SigningKeyStore store;

  SigningKeyStoreIT(JpaProvider provider) {
    store = new SigningKeyStore(provider.entities(database));
  }

  private static SigningKey key(String fragment) {
    return SigningKey.generate(KeyId.of(new Domain("sync.example.com"), fragment));
  }

  private static KeySeal seal(Optional<String> current, Optional<String> previous) {
    return KeySeal.of(
        new SecretsKeys(
            current.map(digits -> new Secret(digits.repeat(32))),
            previous.map(digits -> new Secret(digits.repeat(32)))));
  }

  private List<String> active() {
    return store.active(PLAIN).keys().stream()
        .map(each -> each.key().id().uri().getFragment() + (each.primary() ? "*" : ""))
        .toList();
  }

  @Test
  void newKeyIsThePrimaryWhereAskedAndTheOldOneStaysActive() {
    SigningKey first = key("a");
    assertThat(rotation.add(first, true)).isTrue();
    assertThat(rotation.add(key("b"), true)).isTrue();
    assertThat(rotation.add(key("c"), false)).isTrue();
    assertThat(active()).containsExactly("a", "b*", "c");
    assertThat(rotation.add(key("a"), true)).isFalse();
    assertThat(active()).containsExactly("a", "b*", "c");
    assertThat(store.active(PLAIN).keys().getFirst().key().publicKey())
        .isEqualTo(first.publicKey());
  }

  @Test
  void keyThatIsDeactivatedIsGoneForGood() {
    rotation.add(key("a"), true);
    rotation.add(key("b"), true);
    String id = key("b").id().toString();
    assertThat(rotation.deactivate(id)).isTrue();
    assertThat(rotation.deactivate(id)).isFalse();
    assertThat(active()).containsExactly("a");
    assertThat(store.ensure(key("d"), PLAIN)).isTrue();
    assertThat(active()).containsExactly("a", "d*");
  }

  @Test
  void ofManyServersThatStartAtOnceOneMakesTheKey() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<Boolean>> answers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        SigningKey key = key("k" + i);
        answers.add(threads.submit(() -> store.ensure(key, PLAIN)));
      }
      int made = 0;
      for (Future<Boolean> answer : answers) {
        made += answer.get() ? 1 : 0;
      }
      assertThat(made).isEqualTo(1);
    }
    assertThat(active()).hasSize(1).first().asString().endsWith("*");
  }

  @Test
  void ofManyThatPromoteAtOnceExactlyOneStaysPrimary() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<Boolean>> answers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        SigningKey key = key("k" + i);
        answers.add(threads.submit(() -> rotation.add(key, true)));
      }
      for (Future<Boolean> answer : answers) {
        assertThat(answer.get()).isTrue();
      }
    }
    assertThat(active()).hasSize(8).filteredOn(name -> name.endsWith("*")).hasSize(1);
  }

  @Test
  void keysAreSealedAndResealedAndAServerWithoutTheKeySaysSo() throws SealedSeed {
    SigningKey first = key("a");
    rotation.add(first, true);
    KeySeal one = seal(Optional.of("1f"), Optional.empty());
    SigningKeyRotation sealing = new SigningKeyRotation(new Database(database), one);
    assertThat(sealing.add(key("b"), false)).isTrue();
    assertThat(store.active(one).keys()).hasSize(2);
    assertThat(active()).containsExactly("a*");
    assertThat(sealing.reseal()).isEqualTo(2);
    assertThat(store.active(PLAIN).keys()).isEmpty();
    assertThat(store.active(PLAIN).faults())
        .hasSize(2)
        .allSatisfy(fault -> assertThat(fault).contains("set SECRETS_KEY"));
    assertThat(store.active(one).keys().getFirst().key().seed()).isEqualTo(first.seed());

    KeySeal two = seal(Optional.of("2f"), Optional.of("1f"));
    assertThat(new SigningKeyRotation(new Database(database), two).reseal()).isEqualTo(2);
    assertThat(store.active(one).faults()).hasSize(2);
    assertThatThrownBy(sealing::reseal).isInstanceOf(SealedSeed.class);
    assertThat(store.active(two).keys().getFirst().key().seed()).isEqualTo(first.seed());

    assertThat(new SigningKeyRotation(new Database(database), two.withoutSealing()).reseal())
        .isEqualTo(2);
    assertThat(active()).containsExactly("a*", "b");
  }

  @Test
  void theKeyThatAServerMakesIsSealed() {
    KeySeal one = seal(Optional.of("1f"), Optional.empty());
    assertThat(store.ensure(key("a"), one)).isTrue();
    assertThat(store.ensure(key("b"), one)).isFalse();
    assertThat(active()).isEmpty();
    assertThat(store.active(one).keys()).singleElement().matches(SigningKeyStore.Stored::primary);
  }
}
