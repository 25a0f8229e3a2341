package dev.betterbase.sync.cluster;

import static dev.betterbase.sync.cluster.RelayedMembers.allSee;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.storage.ShardedServer;
import dev.betterbase.sync.testing.ReverseProxy;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.StandbyPair;
import dev.betterbase.sync.testing.TestPostgres;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Three servers in one cluster on two databases, a read replica of the first database, and HAProxy
 * in front, all on loopback. Each server, the second database and the network between the servers
 * can be taken away and come back.
 */
final class JointServers implements AutoCloseable {
  private static final int NODES = 3;
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final List<Runnable> closing = new ArrayList<>();
  private final RelayedMembers members;
  private final StandbyPair pair;
  private final TestPostgres other;
  private final ShardedServer sharded;
  private final ReverseProxy proxy;

  /** The servers, in the order in which they have joined the cluster. */
  private final List<ServerProcess> byAge = new ArrayList<>();

  JointServers() {
    try {
      members = opened(new RelayedMembers(NODES), RelayedMembers::close);
      pair = opened(StandbyPair.start(), StandbyPair::close);
      other = opened(TestPostgres.start(), TestPostgres::close);
      sharded =
          opened(
              ShardedServer.start(
                  pair.primary(), other.newDatabase(), options -> configured(options, 0)),
              ShardedServer::close);
      byAge.add(sharded.server().process());
      for (int number = 1; number < NODES; number++) {
        int next = number;
        byAge.add(opened(sharded.node(options -> configured(options, next)), ServerProcess::close));
      }
      proxy =
          opened(
              ReverseProxy.haproxy(byAge.stream().mapToInt(ServerProcess::port).toArray()),
              ReverseProxy::close);
    } catch (RuntimeException | Error failure) {
      close();
      throw failure;
    }
  }

  private <T> T opened(T resource, Consumer<T> close) {
    closing.add(() -> close.accept(resource));
    return resource;
  }

  private ServerProcess.Builder configured(ServerProcess.Builder options, int number) {
    return members
        .join(options, number)
        .name("joint-" + number)
        .with("DATABASE_REPLICAS", pair.replica())
        .with("DATABASE_POOL_SIZE", "10")
        .with("DRAIN_SECONDS", "2");
  }

  /** The port of HAProxy. */
  int port() {
    return proxy.port();
  }

  /** A space in the first or the second database. */
  SharedSpace spaceIn(int number) {
    return sharded.sharedIn(number == 1 ? sharded.first() : sharded.second());
  }

  /** Waits until each server sees all others. */
  void awaitWhole() {
    await().atMost(LIMIT).until(() -> allSee(byAge, NODES));
  }

  /** The member of the cluster that has been there for longest. */
  ServerProcess oldest() {
    return byAge.getFirst();
  }

  /** The member of the cluster that has joined it last. */
  ServerProcess youngest() {
    return byAge.getLast();
  }

  /** Starts a server that has ended, and waits until it is back in the cluster. */
  void startAgain(ServerProcess ended) {
    ended.start();
    byAge.remove(ended);
    byAge.add(ended);
    awaitWhole();
  }

  /** Restarts all servers, one after another, as for an upgrade. */
  void restartOneAfterAnother() {
    for (ServerProcess server : List.copyOf(byAge)) {
      server.terminate();
      assertThat(server.awaitExit(LIMIT)).isIn(0, 143);
      startAgain(server);
    }
  }

  /** Cuts each server off from all others, and waits until they have noticed. */
  void cutGrid() {
    members.cut();
    await().atMost(LIMIT).until(() -> allSee(byAge, 1));
  }

  /** Lets the servers reach one another, and waits until they have found one another. */
  void joinGrid() {
    members.reopen();
    awaitWhole();
  }

  /** Kills the second PostgreSQL (SIGKILL). */
  void killSecondDatabase() {
    other.kill();
  }

  /** Starts the second PostgreSQL again. */
  void startSecondDatabase() {
    other.up();
  }

  /** Moves a space to another database with the command of the packaged jar. */
  void move(String space, int to) {
    try (ServerProcess command =
        ServerProcess.builder()
            .name("joint-move")
            .with("DATABASE_URL", sharded.first().url())
            .with("DATABASE_SHARDS", sharded.second().url())
            .arguments("admin", "spaces", "move", space, "--to", Integer.toString(to))
            .launch()) {
      assertThat(command.awaitExit(LIMIT)).as(command.output()).isZero();
      assertThat(command.output()).contains("Moved space " + space);
    }
  }

  /** How often the servers have read from the replica since they were started. */
  double replicaReads() throws IOException {
    double sum = 0;
    String name = "betterbase_database_replica_reads_total{outcome=\"read\"} ";
    for (ServerProcess server : byAge) {
      sum +=
          RelayedMembers.metrics(server)
              .lines()
              .filter(line -> line.startsWith(name))
              .mapToDouble(line -> Double.parseDouble(line.substring(name.length())))
              .sum();
    }
    return sum;
  }

  @Override
  public void close() {
    closing.reversed().forEach(Runnable::run);
  }
}
