package dev.betterbase.sync.federation.trust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.JpaProvider;
import java.time.Instant;
import java.util.Random;
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
class PeerSignatureStoreIT {
  private final DataSource database = Databases.migrated();
  private final PeerSignatureStore store;
  private final PeerSignatureStore otherNode;
  private final Random random = new Random(1);

  PeerSignatureStoreIT(JpaProvider provider) {
    store = new PeerSignatureStore(provider.entities(database));
    otherNode = new PeerSignatureStore(provider.entities(database));
  }

  private byte[] signature() {
    byte[] signature = new byte[64];
    random.nextBytes(signature);
    return signature;
  }

  @Test
  void signatureIsFirstOnOneNodeOnly() {
    byte[] signature = signature();
    Instant later = Instant.now().plusSeconds(60);
    assertThat(store.isFirst(signature, later)).isTrue();
    assertThat(store.isFirst(signature, later)).isFalse();
    assertThat(otherNode.isFirst(signature, later)).isFalse();
    assertThat(otherNode.isFirst(signature(), later)).isTrue();
  }

  @Test
  void onlyExpiredSignaturesArePurged() {
    byte[] good = signature();
    assertThat(store.isFirst(good, Instant.now().plusSeconds(60))).isTrue();
    for (int i = 0; i < 3; i++) {
      assertThat(store.isFirst(signature(), Instant.now().minusSeconds(60))).isTrue();
    }
    assertThat(store.purge(2)).isEqualTo(2);
    assertThat(store.purge(2)).isEqualTo(1);
    assertThat(store.purge(2)).isZero();
    assertThat(store.isFirst(good, Instant.now())).isFalse();
  }
}
