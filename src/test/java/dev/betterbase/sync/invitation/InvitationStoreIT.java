package dev.betterbase.sync.invitation;

import static dev.betterbase.sync.testing.Databases.execute;
import static dev.betterbase.sync.testing.Databases.value;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.invitation.InvitationStore.CreateOutcome;
import dev.betterbase.sync.ratelimit.Allowance;
import dev.betterbase.sync.ratelimit.LimitedAction;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.testing.Accesses;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.IndexScans;
import dev.betterbase.sync.testing.JpaProvider;
import java.sql.SQLException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Mailboxes on a real PostgreSQL (storage.md, table invitations). */
@DatabaseTest
@NullUnmarked
@ParameterizedClass
@Execution(ExecutionMode.CONCURRENT)
@EnumSource
class InvitationStoreIT {
  private static final int ANY_SIZE = Integer.MAX_VALUE;

  /** For both providers at once: each test uses ids of its own. */
  private static final DataSource DATABASE = Databases.migrated();

  private final JpaProvider provider;
  private final InvitationStore store;

  /** A new mailbox: 64 hex digits. */
  private final String mailbox = Accesses.newCid();

  private final String actor = Accesses.newCid();

  InvitationStoreIT(JpaProvider provider) {
    this.provider = provider;
    this.store = new InvitationStore(new Database(DATABASE), provider.entities(DATABASE));
  }

  private Invitation create(String mailbox, String payload) {
    return ((CreateOutcome.Created) store.create(mailbox, payload, Optional.empty())).invitation();
  }

  /** Fills a mailbox with invitations, one a second, oldest first. */
  private static void fill(String mailbox, int count) {
    execute(
        DATABASE,
        """
        insert into invitations (mailbox_id, payload, created_at, expires_at)
        select '%s', 'x', at, at + interval '7 days'
          from (select now() - make_interval(secs => %d - i) as at
                  from generate_series(1, %d) i) as times
        """
            .formatted(mailbox, count, count));
  }

  private static void expire(String condition) {
    execute(
        DATABASE,
        "update invitations set created_at = now() - interval '8 days',"
            + " expires_at = now() - interval '1 second' where "
            + condition);
  }

  private List<UUID> list(UUID after, int atMost, int maxBytes) {
    return store.list(mailbox, after, atMost, maxBytes, 100).stream().map(Invitation::id).toList();
  }

  @Test
  void anInvitationLiesInItsMailboxForSevenDays() {
    Invitation created = create(mailbox, "grüße ☃ \0");
    assertThat(created.payload()).isEqualTo("grüße ☃ \0");
    assertThat(Duration.between(created.createdAt(), created.expiresAt()))
        .isEqualTo(Duration.ofDays(7));
    assertThat(created.createdAt()).isEqualTo(created.createdAt().truncatedTo(ChronoUnit.MICROS));
    assertThat(store.list(mailbox, null, 10, ANY_SIZE, 100)).containsExactly(created);
    assertThat(store.list(Accesses.newCid(), null, 10, ANY_SIZE, 100)).isEmpty();
  }

  @Test
  void pagesBeginBehindAnInvitation() {
    List<UUID> ids = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      ids.add(create(mailbox, "x").id());
    }
    assertThat(list(null, 10, ANY_SIZE)).isEqualTo(ids);
    assertThat(list(null, 2, ANY_SIZE)).isEqualTo(ids.subList(0, 2));
    assertThat(list(ids.get(1), 2, ANY_SIZE)).isEqualTo(ids.subList(2, 4));
    assertThat(list(ids.get(3), 2, ANY_SIZE)).isEqualTo(ids.subList(4, 5));
    assertThat(list(ids.get(4), 2, ANY_SIZE)).isEmpty();
    assertThat(list(UUID.randomUUID(), 2, ANY_SIZE)).as("unknown").isEmpty();
    assertThat(list(create(Accesses.newCid(), "x").id(), 2, ANY_SIZE)).as("another's").isEmpty();
  }

  @Test
  void thoseOfOneMomentStandInTheOrderOfTheirIds() {
    fill(mailbox, 6);
    execute(
        DATABASE,
        "update invitations set created_at = date_trunc('day', now()) where mailbox_id = '"
            + mailbox
            + "'");
    List<UUID> all = list(null, 10, ANY_SIZE);
    assertThat(all.stream().map(UUID::toString).toList()).hasSize(6).isSorted();
    assertThat(list(all.get(2), 10, ANY_SIZE)).isEqualTo(all.subList(3, 6));
  }

  @Test
  void aLongPageIsReadInParts() {
    fill(mailbox, 100);
    List<UUID> all = list(null, 100, ANY_SIZE);
    assertThat(all).hasSize(100).doesNotHaveDuplicates();
    assertThat(list(null, 70, ANY_SIZE)).isEqualTo(all.subList(0, 70));
    assertThat(list(all.get(9), 64, ANY_SIZE)).isEqualTo(all.subList(10, 74));
    assertThat(list(all.get(9), 100, 50 * 101)).isEqualTo(all.subList(10, 60));
  }

  @Test
  void findsWhatIsInTheMailboxAndHasNotExpired() {
    Invitation created = create(mailbox, "x");
    assertThat(store.find(mailbox, created.id())).hasValue(created);
    assertThat(store.find(Accesses.newCid(), created.id())).isEmpty();
    assertThat(store.find(mailbox, UUID.randomUUID())).isEmpty();
    expire("id = '" + created.id() + "'");
    assertThat(store.find(mailbox, created.id())).isEmpty();
  }

  @Test
  void aMailboxIsReadThroughTheIndex() throws SQLException {
    IndexScans.assertIndexed(
        "invitations",
        pool ->
            new InvitationStore(new Database(pool), provider.entities(pool))
                .list(mailbox, null, 10, ANY_SIZE, 100));
  }

  @Test
  void aPageIsBoundedInBytesButHoldsOne() {
    List<UUID> ids = new ArrayList<>();
    for (int size : new int[] {400, 400, 5_000, 100}) {
      ids.add(create(mailbox, "x".repeat(size)).id());
    }
    assertThat(list(null, 10, 1_000)).as("500 each").isEqualTo(ids.subList(0, 2));
    assertThat(list(null, 10, 999)).isEqualTo(ids.subList(0, 1));
    assertThat(list(ids.get(1), 10, 1_000)).as("larger by itself").isEqualTo(ids.subList(2, 3));
    assertThat(list(ids.get(2), 10, 1_000)).isEqualTo(ids.subList(3, 4));
  }

  @Test
  void aMailboxHoldsAThousandUnexpired() {
    fill(mailbox, 999);
    create(mailbox, "x");
    assertThat(store.create(mailbox, "x", Optional.empty()))
        .isEqualTo(new CreateOutcome.MailboxFull());
    create(Accesses.newCid(), "x");
    UUID oldest = list(null, 1, ANY_SIZE).getFirst();
    expire("id = '" + oldest + "'");
    create(mailbox, "x");
    assertThat(store.create(mailbox, "x", Optional.empty()))
        .isEqualTo(new CreateOutcome.MailboxFull());
    assertThat(store.delete(mailbox, list(null, 1, ANY_SIZE).getFirst())).isTrue();
    create(mailbox, "x");
  }

  @Test
  void ofManyAtOnceAMailboxTakesNoMoreThanItHolds() throws Exception {
    fill(mailbox, 995);
    assertThat(atOnce(() -> store.create(mailbox, "x", Optional.empty())))
        .filteredOn(CreateOutcome.Created.class::isInstance)
        .hasSize(5);
  }

  @Test
  void ofManyAtOnceAPersonMaySendSoMany() throws Exception {
    var allowance = Optional.of(new Allowance(LimitedAction.INVITATION_CREATE, actor, 10));
    assertThat(atOnce(() -> store.create(Accesses.newCid(), "x", allowance)))
        .filteredOn(CreateOutcome.Created.class::isInstance)
        .hasSize(10);
    assertThat(counted()).isEqualTo("10");
  }

  @Test
  void whatFailsIsNotCounted() {
    fill(mailbox, 1_000);
    var allowance = Optional.of(new Allowance(LimitedAction.INVITATION_CREATE, actor, 1));
    assertThat(store.create(mailbox, "x", allowance)).isEqualTo(new CreateOutcome.MailboxFull());
    assertThat(counted()).isEqualTo("0");
    String other = Accesses.newCid();
    assertThat(store.create(other, "x", allowance)).isInstanceOf(CreateOutcome.Created.class);
    assertThat(store.create(other, "x", allowance)).isEqualTo(new CreateOutcome.RateLimited());
    assertThat(counted()).isEqualTo("1");
    assertThat(store.list(other, null, 10, ANY_SIZE, 100)).hasSize(1);
  }

  private String counted() {
    return value(
        DATABASE, "select count(*) from rate_limit_actions where actor_hash = '" + actor + "'");
  }

  private static <T> List<T> atOnce(Supplier<T> action) throws Exception {
    int threads = 8;
    var together = new CyclicBarrier(threads);
    List<Future<List<T>>> running = new ArrayList<>();
    try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      for (int thread = 0; thread < threads; thread++) {
        running.add(
            executor.submit(
                () -> {
                  together.await(60, TimeUnit.SECONDS);
                  List<T> outcomes = new ArrayList<>();
                  for (int i = 0; i < 5; i++) {
                    outcomes.add(action.get());
                  }
                  return outcomes;
                }));
      }
    }
    List<T> all = new ArrayList<>();
    for (Future<List<T>> each : running) {
      all.addAll(each.get(60, TimeUnit.SECONDS));
    }
    return all;
  }

  @Test
  void onlyTheOwnerDeletesAndOnlyWhatHasNotExpired() {
    UUID id = create(mailbox, "x").id();
    assertThat(store.delete(Accesses.newCid(), id)).isFalse();
    assertThat(store.delete(mailbox, UUID.randomUUID())).isFalse();
    assertThat(store.delete(mailbox, id)).isTrue();
    assertThat(store.delete(mailbox, id)).isFalse();
    UUID old = create(mailbox, "x").id();
    expire("id = '" + old + "'");
    assertThat(store.delete(mailbox, old)).isFalse();
    assertThat(list(null, 10, ANY_SIZE)).isEmpty();
    UUID young = create(mailbox, "x").id();
    assertThat(list(old, 10, ANY_SIZE)).as("behind one that has expired").isEmpty();
    assertThat(list(null, 10, ANY_SIZE)).containsExactly(young);
  }

  @Test
  void purgeDeletesWhatHasExpiredSoManyAtOnce() {
    DataSource own = Databases.migrated();
    var purged = new InvitationStore(new Database(own), null);
    purged.create(mailbox, "stays", Optional.empty());
    execute(
        own,
        """
        insert into invitations (mailbox_id, payload, created_at, expires_at)
        select '%s', 'x', now() - interval '7 days', now() - make_interval(secs => i)
          from generate_series(0, 24) i
        """
            .formatted(mailbox));
    assertThat(purged.purge(10)).isEqualTo(10);
    assertThat(purged.purge(10)).isEqualTo(10);
    assertThat(purged.purge(10)).isEqualTo(5);
    assertThat(purged.purge(10)).isZero();
    assertThat(value(own, "select string_agg(convert_from(payload, 'UTF8'), ',') from invitations"))
        .isEqualTo("stays");
  }
}
