package dev.betterbase.sync.federation.trust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.cluster.LocalBus;
import dev.betterbase.sync.settings.FederationSettings.Quotas;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class PeerQuotaTest {
  private long nanos = 12_345;
  private final PeerQuota quota =
      new PeerQuota(
          "peer.example",
          new Quotas(2, 10, 100, 1_000, 3),
          new PeerUseElsewhere(new LocalBus(), peer -> true, () -> nanos),
          () -> nanos);

  private void pass(Duration time) {
    nanos += time.toNanos();
  }

  @Test
  void connectionsAndSpacesAreCountedAtATime() {
    assertThat(quota.takeConnection()).isTrue();
    assertThat(quota.takeConnection()).isTrue();
    assertThat(quota.takeConnection()).isFalse();
    assertThat(quota.takeSpaces(9)).isTrue();
    assertThat(quota.takeSpaces(2)).isFalse();
    assertThat(quota.takeSpaces(1)).isTrue();
    pass(Duration.ofDays(1));
    assertThat(quota.takeConnection()).isFalse();
    assertThat(quota.takeSpaces(1)).isFalse();

    quota.giveBackConnection();
    quota.giveBackSpaces(10);

    assertThat(quota.usage()).isEqualTo(new PeerQuota.Usage(1, 0, 0, 0, 0));
    assertThat(quota.takeConnection()).isTrue();
    assertThat(quota.takeSpaces(10)).isTrue();
  }

  @Test
  void pushesAreCountedByRecordsAndBytesInTheHourOfTheFirst() {
    assertThat(quota.takeRecords(60, 400)).isTrue();
    pass(Duration.ofMinutes(30));
    assertThat(quota.takeRecords(41, 1)).isFalse();
    assertThat(quota.takeRecords(1, 601)).isFalse();
    assertThat(quota.takeRecords(40, 600)).isTrue();
    assertThat(quota.takeRecords(1, 0)).isFalse();
    pass(Duration.ofMinutes(30).minusNanos(1));
    assertThat(quota.takeRecords(1, 0)).isFalse();
    assertThat(quota.usage().records()).isEqualTo(100);
    pass(Duration.ofNanos(1));
    assertThat(quota.usage()).isEqualTo(new PeerQuota.Usage(0, 0, 0, 0, 0));
    assertThat(quota.takeRecords(100, 1_000)).isTrue();
  }

  @Test
  void hugeCountDoesNotWrapAround() {
    assertThat(quota.takeRecords(1, 1)).isTrue();
    assertThat(quota.takeRecords(Long.MAX_VALUE, 0)).isFalse();
    assertThat(quota.takeRecords(0, Long.MAX_VALUE)).isFalse();
  }

  @Test
  void invitationsAreCountedByTheHour() {
    for (int i = 0; i < 3; i++) {
      assertThat(quota.takeInvitation()).isTrue();
    }
    assertThat(quota.takeInvitation()).isFalse();
    pass(Duration.ofHours(1));
    assertThat(quota.takeInvitation()).isTrue();
  }
}
