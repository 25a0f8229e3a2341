package dev.betterbase.sync.record;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.protocol.RecordId;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.quota.StorageQuota;
import dev.betterbase.sync.testing.Accesses;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PushGroupsTest {
  private static RecordPush push(int changes, int bytes, StorageQuota quota) {
    return new RecordPush(
        Accesses.owner(new SpaceId(UUID.randomUUID())),
        IntStream.range(0, changes)
            .mapToObj(i -> new RecordChange(new RecordId(new UUID(i, i)), new byte[bytes], 0, null))
            .toList(),
        quota);
  }

  private static RecordPush push(int changes, int bytes) {
    return push(changes, bytes, StorageQuota.NONE);
  }

  /** How many such pushes have room in one group. */
  private static int room(RecordPush push) {
    Predicate<RecordPush> room = PushGroups.room();
    int pushes = 0;
    while (room.test(push)) {
      pushes++;
    }
    return pushes;
  }

  @Test
  void smallPushesMayBeInAGroup() {
    assertThat(PushGroups.fits(push(0, 0))).isTrue();
    assertThat(PushGroups.fits(push(1, 64 * 1_024))).isTrue();
    assertThat(PushGroups.fits(push(1, 64 * 1_024 + 1))).isFalse();
    assertThat(PushGroups.fits(push(64, 1_024))).isTrue();
    assertThat(PushGroups.fits(push(65, 1))).isFalse();
  }

  @Test
  void aPushThatDeletesIsWrittenAlone() {
    RecordChange deletion = new RecordChange(new RecordId(UUID.randomUUID()), null, 1, null);
    assertThat(
            PushGroups.fits(
                new RecordPush(push(1, 1).access(), List.of(deletion), StorageQuota.NONE)))
        .isFalse();
  }

  @Test
  void aPushUnderQuotasMayBeInAGroup() {
    var quotas =
        new StorageQuota(
            OptionalLong.of(1), OptionalLong.of(1), OptionalInt.of(1), Optional.of("person"));
    assertThat(PushGroups.fits(push(1, 1, quotas))).isTrue();
  }

  @Test
  void aGroupHasBounds() {
    assertThat(room(push(1, 1))).isEqualTo(32);
    assertThat(room(push(64, 1))).isEqualTo(4);
    assertThat(room(push(1, 64 * 1_024))).isEqualTo(4);
  }
}
