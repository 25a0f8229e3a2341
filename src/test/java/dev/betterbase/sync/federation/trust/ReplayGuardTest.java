package dev.betterbase.sync.federation.trust;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class ReplayGuardTest {
  private static final int PER_PEER = 100;

  private final ReplayGuard guard = new ReplayGuard(PER_PEER);

  private static byte[] signature(int number) {
    return ByteBuffer.allocate(64).putInt(number).array();
  }

  @Test
  void signatureIsGoodOnce() {
    assertThat(guard.isFirst("a", signature(1), 600, 0)).isTrue();
    assertThat(guard.isFirst("a", signature(1), 600, 600)).isFalse();
    assertThat(guard.isFirst("a", signature(2), 600, 0)).isTrue();
  }

  @Test
  void peerThatFillsItsShareWaitsUntilItHasExpiredAndHindersNobodyElse() {
    for (int i = 0; i < PER_PEER; i++) {
      assertThat(guard.isFirst("a", signature(i), 600, 0)).isTrue();
    }
    assertThat(guard.isFirst("a", signature(-1), 600, 600)).isFalse();
    assertThat(guard.isFirst("b", signature(-1), 600, 600)).isTrue();
    assertThat(guard.isFirst("a", signature(-1), 1_200, 601)).isTrue();
  }
}
