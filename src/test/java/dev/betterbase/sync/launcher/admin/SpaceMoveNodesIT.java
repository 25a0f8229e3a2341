package dev.betterbase.sync.launcher.admin;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.storage.ShardedServer;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.TestPostgres;
import dev.betterbase.sync.testing.WireClient;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * With two servers, and a second PostgreSQL that is killed after each step. The tests run one after
 * another because all of them need it.
 */
@IntegrationTest
@NightlyTest
@Execution(ExecutionMode.SAME_THREAD)
@Timeout(600)
class SpaceMoveNodesIT extends SpaceMoveContract {
  private static final TestPostgres.Database FIRST = TestPostgres.shared().newDatabase();
  private static TestPostgres other;
  private static ShardedServer sharded;
  private static ServerProcess node;

  @BeforeAll
  static void start() {
    other = TestPostgres.start();
    sharded =
        ShardedServer.start(
            FIRST,
            other.newDatabase(),
            options -> counting(options).name("moves").with("FILE_STORAGE_BACKEND", "local"));
    node = sharded.node(options -> counting(options).name("moves-node-2"));
  }

  /** A space is counted, so that its count must move as well. */
  private static ServerProcess.Builder counting(ServerProcess.Builder options) {
    return options.with("QUOTA_SPACE_BYTES", "1000000000");
  }

  @AfterAll
  static void stop() {
    node.close();
    sharded.close();
    other.close();
  }

  @Override
  ShardedServer sharded() {
    return sharded;
  }

  @Override
  int secondPort() {
    return node.port();
  }

  /** A server notices with a call that fails that connections of its pool are gone. */
  private static void eventually(ThrowingRunnable work) {
    await().ignoreExceptions().untilAsserted(work);
  }

  /** The second database is killed, to which or from which the space moves. */
  @ParameterizedTest
  @EnumSource
  void aDatabaseThatDiesLeavesTheSpaceWholeInOnePlace(Stop stop) throws SQLException {
    for (int from : List.of(1, 2)) {
      AtomicReference<SharedSpace> made = new AtomicReference<>();
      eventually(() -> made.set(spaceIn(from)));
      SharedSpace space = Objects.requireNonNull(made.get());
      Member member = space.invite("write");
      Map<String, Long> stored = new HashMap<>();
      try (WireClient client = connect(1, member)) {
        eventually(
            () -> stored.put(space.id(), push(client, member, put(space.id(), 0, blob(500)))));
        try (SpaceMove move =
            new SpaceMove(databases(), id(space.id()), otherThan(from), MoveLimits.USUAL)) {
          run(move, stop);
          other.kill();
        }
        other.up();
        String id = newId();
        eventually(() -> stored.put(id, push(client, member, put(id, 0, blob(500)))));
        eventually(() -> assertThat(pulled(client, member)).isEqualTo(stored));
        assertThat(place(space.id()))
            .isEqualTo(stop.compareTo(Stop.LEAVE) >= 0 ? otherThan(from) : from);
        assertThat(move(space.id(), otherThan(from)).cleared()).isTrue();
        eventually(() -> assertThat(pulled(2, member)).isEqualTo(stored));
        assertThat(content(from, space.id()).get("records")).isEmpty();
      }
    }
  }
}
