package dev.betterbase.sync.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.storage.StorageException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MailboxClaimsTest {
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch first = new CountDownLatch(1);
  private final List<Map<String, String>> groups = new CopyOnWriteArrayList<>();

  /** Answers the first group when {@link #first} is open, and all others at once. */
  private Map<String, String> answer(Map<String, String> claims) {
    groups.add(claims);
    if (groups.size() == 1) {
      await().until(() -> first.getCount() == 0);
    }
    return claims;
  }

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  private List<Future<String>> claimBehindTheFirst(MailboxClaims claims, int count) {
    List<Future<String>> owners = new ArrayList<>();
    owners.add(threads.submit(() -> claims.claim("first", "a")));
    await().until(() -> groups.size() == 1);
    for (int i = 0; i < count; i++) {
      String issuer = "issuer " + i;
      int before = owners.size();
      owners.add(threads.submit(() -> claims.claim("mailbox", issuer)));
      await().until(() -> claims.waiting() == before);
    }
    return owners;
  }

  @Test
  void thoseWhoWaitAreServedTogetherInTheirOrder() throws Exception {
    MailboxClaims claims = new MailboxClaims(this::answer, Duration.ofSeconds(30));
    List<Future<String>> owners = claimBehindTheFirst(claims, 5);
    first.countDown();
    assertThat(owners.removeFirst().get(60, TimeUnit.SECONDS)).isEqualTo("a");
    for (Future<String> owner : owners) {
      assertThat(owner.get(60, TimeUnit.SECONDS)).isEqualTo("issuer 0");
    }
    assertThat(groups).containsExactly(Map.of("first", "a"), Map.of("mailbox", "issuer 0"));
  }

  @Test
  void aFailureIsForAllOfTheGroupAndForNobodyElse() throws Exception {
    MailboxClaims claims =
        new MailboxClaims(
            wanted -> {
              if (wanted.containsKey("mailbox")) {
                throw new IllegalStateException("down");
              }
              return answer(wanted);
            },
            Duration.ofSeconds(30));
    List<Future<String>> owners = claimBehindTheFirst(claims, 3);
    first.countDown();
    assertThat(owners.removeFirst().get(60, TimeUnit.SECONDS)).isEqualTo("a");
    for (Future<String> owner : owners) {
      assertThatThrownBy(() -> owner.get(60, TimeUnit.SECONDS))
          .hasCauseInstanceOf(StorageException.class);
    }
    assertThat(claims.claim("next", "b")).isEqualTo("b");
  }

  @Test
  void whoWaitsTooLongGivesUpAndIsForgotten() {
    MailboxClaims claims = new MailboxClaims(this::answer, Duration.ofMillis(50));
    List<Future<String>> owners = claimBehindTheFirst(claims, 0);
    assertThatThrownBy(() -> claims.claim("mailbox", "b")).isInstanceOf(StorageException.class);
    assertThat(claims.waiting()).isZero();
    first.countDown();
    assertThat(owners).hasSize(1);
  }
}
