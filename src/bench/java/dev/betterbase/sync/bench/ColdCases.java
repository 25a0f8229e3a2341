package dev.betterbase.sync.bench;

import dev.betterbase.sync.bench.ConnectCases.Person;
import dev.betterbase.sync.bench.Row.Goal;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.TestIssuer;
import dev.betterbase.sync.testing.TestUser;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The first ten seconds of a server that has just been started, without any warm-up: what its users
 * meet after a deploy or a crash. Every person connects for the first time, under a mailbox that
 * the server has not seen. Each case has a server of its own.
 */
final class ColdCases {
  /** How long a server counts as cold. */
  static final Duration FIRST = Duration.ofSeconds(10);

  /** How many times {@link #FIRST} connections are measured. */
  private static final int WINDOWS = 3;

  /** More than any server connects within {@link #FIRST}. */
  private static final int PEOPLE = 2_000 * (int) FIRST.toSeconds();

  /** What the earlier release does a second. */
  private static final int CONNECTIONS = 1_030;

  private static final int PUSHERS = 16;
  private static final int PULLERS = 8;
  private static final int PULLED_RECORDS = 2_000;
  private static final int CAPACITY = 64 * 1024;

  private ColdCases() {}

  /** Starts the server of a case. */
  @FunctionalInterface
  interface Start {
    BenchServer server() throws Exception;
  }

  /** The rows of the seconds after the first ten show what a warm-up before listening would win. */
  static List<Row> connect(Start start) throws Exception {
    try (BenchServer server = start.server()) {
      List<Person> people =
          IntStream.range(0, WINDOWS * PEOPLE)
              .parallel()
              .mapToObj(number -> Person.of(server.server().newUser().withOwnMailbox()))
              .toList();
      server.restart();
      List<Row> rows = new ArrayList<>();
      for (int i = 0; i < WINDOWS; i++) {
        Usage before = server.usage();
        Latencies latencies =
            ConnectCases.run(server.port(), people.subList(i * PEOPLE, (i + 1) * PEOPLE), FIRST);
        Usage usage = server.usage().since(before);
        long seconds = i * FIRST.toSeconds();
        Row row =
            i == 0
                ? Row.of(
                        "cold.connect",
                        "cold: connect + auth + first answer, 8 at a time",
                        perSecond(latencies),
                        "/s")
                    .goal(Goal.atLeast(CONNECTIONS))
                : Row.of(
                    "cold.connect." + seconds,
                    "the same after %d s of it".formatted(seconds),
                    perSecond(latencies),
                    "/s");
        rows.add(row.cost(usage, latencies.count(), "connection").latencies(latencies));
      }
      return rows;
    }
  }

  /**
   * The same load on a program that does no more than a connection needs ({@link BareServer}), on a
   * JVM that has just been started.
   */
  static List<Row> connectLimit(Start unused) throws Exception {
    try (TestIssuer issuer = TestIssuer.start()) {
      List<Person> people =
          IntStream.range(0, PEOPLE)
              .parallel()
              .mapToObj(number -> Person.of(TestUser.unknown(issuer).withOwnMailbox()))
              .toList();
      String keys = issuer.url() + "/.well-known/jwks.json";
      try (BareProcess bare = BareProcess.start(BareServer.class, keys)) {
        double before = bare.cpu();
        Latencies latencies = ConnectCases.run(bare.port(), people, FIRST);
        Usage usage = new Usage(FIRST.toSeconds(), bare.cpu() - before, 0, 0);
        return List.of(
            Row.of(
                    "cold.connect.limit",
                    "L: the least that a program in Java does for it",
                    perSecond(latencies),
                    "/s")
                .cost(usage, latencies.count(), "connection")
                .latencies(latencies));
      }
    }
  }

  static List<Row> push(Start start) throws Exception {
    try (BenchServer server = start.server()) {
      try (PushLoad load = pushers(server)) {
        Usage before = server.usage();
        Latencies latencies = load.run(FIRST);
        Usage usage = server.usage().since(before);
        return List.of(
            Row.of(
                    "cold.push",
                    "cold: push of 1 record, 16 connections",
                    perSecond(latencies),
                    "/s")
                .cost(usage, latencies.count(), "record")
                .latencies(latencies));
      }
    }
  }

  /** Connections of new persons that each push to their own space. */
  static PushLoad pushers(BenchServer server) throws Exception {
    List<Pusher> pushers = new ArrayList<>();
    for (int i = 0; i < PUSHERS; i++) {
      TestUser user = server.server().newUser().withOwnMailbox();
      PushFrame frame = PushFrame.ofNew(Requests.map("space", user.personalSpace()), 1);
      pushers.add(Pusher.ofNew(RpcSocket.open(server.port(), user.token(), CAPACITY), frame));
    }
    return new PushLoad(pushers);
  }

  /** The spaces are filled before the server is started again. */
  static List<Row> pull(Start start) throws Exception {
    try (BenchServer server = start.server()) {
      List<TestUser> users = new ArrayList<>();
      for (int i = 0; i < PULLERS; i++) {
        TestUser user = server.server().newUser().withOwnMailbox();
        Filling.fill(server, user, PULLED_RECORDS);
        users.add(user);
      }
      server.restart();
      PullCases.Load load =
          new PullCases.Load(users, PULLED_RECORDS, PULLED_RECORDS - 10, CAPACITY);
      load.measure(server, Duration.ZERO, FIRST);
      return List.of(
          Row.of(
                  "cold.pull",
                  "cold: pull of the last 10 of 2,000 records, 8 connections",
                  perSecond(load.latencies),
                  "/s")
              .cost(load.usage, load.latencies.count(), "pull")
              .latencies(load.latencies));
    }
  }

  static List<Row> fanOut(Start start) throws Exception {
    try (BenchServer server = start.server();
        Audience audience = new Audience(server, 1_000)) {
      Usage before = server.usage();
      FanOutCases.push(audience, 10, FIRST);
      Usage usage = server.usage().since(before);
      Latencies latencies = audience.takeLatencies();
      return List.of(
          Row.of(
                  "cold.fanout",
                  "cold: fan-out, 10 pushes/s to 1,000 subscribers, median",
                  latencies.quantile(0.5),
                  "ms")
              .cost(usage, (double) audience.deliveries(), "delivery")
              .latencies(latencies)
              .note("to the last delivery; the subscribers had connected before"));
    }
  }

  private static double perSecond(Latencies latencies) {
    return latencies.count() / (FIRST.toMillis() / 1e3);
  }
}
