package dev.betterbase.sync.federation.trust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.settings.Domain;
import dev.betterbase.sync.settings.KeyId;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.JpaProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@DatabaseTest
@ParameterizedClass
@EnumSource
class SigningKeyStoreIT {
  private final DataSource database = Databases.migrated();
  private final SigningKeyRotation rotation = new SigningKeyRotation(new Database(database));
  private final SigningKeyStore store;

  SigningKeyStoreIT(JpaProvider provider) {
    store = new SigningKeyStore(provider.entities(database));
  }

  private static SigningKey key(String fragment) {
    return SigningKey.generate(KeyId.of(new Domain("sync.example.com"), fragment));
  }

  private List<String> active() {
    return store.active().stream()
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
    assertThat(store.active().getFirst().key().publicKey()).isEqualTo(first.publicKey());
  }

  @Test
  void keyThatIsDeactivatedIsGoneForGood() {
    rotation.add(key("a"), true);
    rotation.add(key("b"), true);
    String id = key("b").id().toString();
    assertThat(rotation.deactivate(id)).isTrue();
    assertThat(rotation.deactivate(id)).isFalse();
    assertThat(active()).containsExactly("a");
    assertThat(store.ensure(key("d"))).isTrue();
    assertThat(active()).containsExactly("a", "d*");
  }

  @Test
  void ofManyServersThatStartAtOnceOneMakesTheKey() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<Boolean>> answers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        SigningKey key = key("k" + i);
        answers.add(threads.submit(() -> store.ensure(key)));
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
}
