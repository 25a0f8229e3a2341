package dev.betterbase.sync.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.StorageException;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.IndexScans;
import dev.betterbase.sync.testing.PooledConnection;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Who owns a mailbox, on a real PostgreSQL. */
@DatabaseTest
class MailboxStoreIT {
  private static final String A = "https://a.example";
  private static final String B = "https://b.example";

  private static final ExecutorService THREADS = Executors.newCachedThreadPool();
  private static final DataSource DATABASE = Databases.migrated();

  private final MailboxStore store = new MailboxStore(new Database(DATABASE));

  @AfterAll
  static void stop() {
    THREADS.shutdownNow();
  }

  private static String newMailbox() {
    byte[] bytes = new byte[32];
    ThreadLocalRandom.current().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  private static String claim(MailboxStore store, String mailbox, String issuer) {
    Map<String, String> owners = store.claim(Map.of(mailbox, issuer));
    assertThat(owners).containsOnlyKeys(mailbox);
    return Objects.requireNonNull(owners.get(mailbox));
  }

  private static MailboxClaims claims(MailboxStore store) {
    return new MailboxClaims(store::claim, Duration.ofSeconds(30));
  }

  private static MailboxOwners owners(MailboxStore store) {
    return new MailboxOwners(claims(store), true);
  }

  private static AccessToken token(String issuer, Optional<String> mailbox) {
    return new AccessToken(
        issuer,
        "alice",
        "app",
        Set.of("sync"),
        Instant.EPOCH,
        Optional.empty(),
        Optional.of("did:key:z"),
        mailbox);
  }

  @Test
  void aMailboxBelongsToTheIssuerThatFirstShowedIt() {
    String mailbox = newMailbox();
    assertThat(claim(store, mailbox, A)).isEqualTo(A);
    assertThat(claim(store, mailbox, B)).isEqualTo(A);
    assertThat(claim(store, mailbox, A)).isEqualTo(A);
    assertThat(claim(store, newMailbox(), B)).isEqualTo(B);
  }

  @Test
  void manyMailboxesAreClaimedTogether() {
    String known = newMailbox();
    String unknown = newMailbox();
    String another = newMailbox();
    assertThat(claim(store, known, A)).isEqualTo(A);
    assertThat(store.claim(Map.of(known, B, unknown, B, another, A)))
        .isEqualTo(Map.of(known, A, unknown, B, another, A));
  }

  /** Another node commits one of the mailboxes after this one has looked for all of them. */
  @Test
  void aClaimAmongMoreMayComeTooLate() throws Exception {
    String lost = newMailbox();
    String won = newMailbox();
    try (Connection other = DATABASE.getConnection()) {
      other.setAutoCommit(false);
      try (PreparedStatement insert =
          other.prepareStatement("insert into mailbox_issuers values (?, ?)")) {
        insert.setString(1, lost);
        insert.setString(2, B);
        insert.executeUpdate();
      }
      Future<Map<String, String>> claims =
          THREADS.submit(() -> store.claim(Map.of(lost, A, won, A)));
      Awaitility.await().until(MailboxStoreIT::somebodyWaitsForALock);
      other.commit();
      assertThat(claims.get(60, TimeUnit.SECONDS)).isEqualTo(Map.of(lost, B, won, A));
    }
  }

  @Test
  void ofManyClaimsAtOnceOneWins() throws Exception {
    for (int round = 0; round < 10; round++) {
      String mailbox = newMailbox();
      CountDownLatch start = new CountDownLatch(1);
      List<Future<String>> claims = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        String issuer = "https://" + i + ".example";
        claims.add(
            THREADS.submit(
                () -> {
                  start.await();
                  return claim(store, mailbox, issuer);
                }));
      }
      start.countDown();
      Set<String> owners = new HashSet<>();
      for (Future<String> claim : claims) {
        owners.add(claim.get(60, TimeUnit.SECONDS));
      }
      assertThat(owners).hasSize(1);
    }
  }

  @Test
  void aClaimWaitsForAnotherThatIsNotYetCommitted() throws Exception {
    assertThat(claimBesideAnUncommittedOne(true)).isEqualTo(B);
    assertThat(claimBesideAnUncommittedOne(false)).isEqualTo(A);
  }

  private String claimBesideAnUncommittedOne(boolean commit) throws Exception {
    String mailbox = newMailbox();
    try (Connection other = DATABASE.getConnection()) {
      other.setAutoCommit(false);
      try (PreparedStatement insert =
          other.prepareStatement("insert into mailbox_issuers values (?, ?)")) {
        insert.setString(1, mailbox);
        insert.setString(2, B);
        insert.executeUpdate();
      }
      Future<String> claim = THREADS.submit(() -> claim(store, mailbox, A));
      Awaitility.await().until(MailboxStoreIT::somebodyWaitsForALock);
      if (commit) {
        other.commit();
      } else {
        other.rollback();
      }
      return claim.get(60, TimeUnit.SECONDS);
    }
  }

  private static boolean somebodyWaitsForALock() throws SQLException {
    try (Connection connection = DATABASE.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "select exists (select from pg_stat_activity where datname = current_database()"
                    + " and wait_event_type = 'Lock' and query like 'insert into mailbox%')")) {
      row.next();
      return row.getBoolean(1);
    }
  }

  @Test
  void theOwnerIsFoundThroughTheIndex() throws SQLException {
    IndexScans.assertIndexed(
        "mailbox_issuers", pool -> claim(new MailboxStore(new Database(pool)), newMailbox(), A));
  }

  @Test
  void aForeignMailboxCountsAsNone() {
    MailboxOwners owners = owners(store);
    Optional<String> mailbox = Optional.of(newMailbox());
    AccessToken own = token(A, mailbox);
    AccessToken foreign = token(B, mailbox);
    assertThat(owners.withOwnMailbox(own)).isEqualTo(own);
    assertThat(owners.withOwnMailbox(foreign)).isEqualTo(token(B, Optional.empty()));
    // A node that knows no owners yet.
    MailboxOwners elsewhere = owners(new MailboxStore(new Database(DATABASE)));
    assertThat(elsewhere.withOwnMailbox(foreign)).isEqualTo(token(B, Optional.empty()));
    assertThat(elsewhere.withOwnMailbox(own)).isEqualTo(own);
  }

  @Test
  void aSingleIssuerOwnsEveryMailboxAndTheDatabaseIsNotAsked() {
    MailboxOwners owners = new MailboxOwners(claims(new MailboxStore()), false);
    AccessToken token = token(A, Optional.of(newMailbox()));
    assertThat(owners.withOwnMailbox(token)).isEqualTo(token);
  }

  @Test
  void anOwnerIsAskedForOnce() throws SQLException {
    PooledConnection pool = new PooledConnection(DATABASE);
    MailboxOwners owners = owners(new MailboxStore(new Database(pool)));
    AccessToken token = token(A, Optional.of(newMailbox()));
    assertThat(owners.withOwnMailbox(token)).isEqualTo(token);
    pool.physical().close();
    assertThat(owners.withOwnMailbox(token)).isEqualTo(token);
    assertThat(owners.withOwnMailbox(token(B, token.mailboxId())).mailboxId()).isEmpty();
    AccessToken withoutMailbox = token(A, Optional.empty());
    assertThat(owners.withOwnMailbox(withoutMailbox)).isEqualTo(withoutMailbox);
    // Without an answer of the database, the mailbox has no known owner, and nothing is cached.
    AccessToken unknown = token(A, Optional.of(newMailbox()));
    assertThatThrownBy(() -> owners.withOwnMailbox(unknown)).isInstanceOf(StorageException.class);
  }
}
