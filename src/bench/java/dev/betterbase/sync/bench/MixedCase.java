package dev.betterbase.sync.bench;

import dev.betterbase.sync.bench.ConnectCases.Person;
import dev.betterbase.sync.bench.Row.Goal;
import dev.betterbase.sync.testing.TestUser;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

/** The memory of a server that has done everything that its users ask of it. */
final class MixedCase {
  private static final int SUBSCRIBERS = 1_000;
  private static final int FAN_OUTS_A_SECOND = 10;
  private static final int PULLERS = 8;
  private static final int RECORDS = 10_000;
  private static final int PEOPLE = 20_000;
  private static final int CAPACITY = 64 * 1024;

  private MixedCase() {}

  /**
   * Ten seconds each of connections, of pushes, of pulls of whole spaces, and of pushes to a space
   * with a thousand subscribers.
   */
  static List<Row> run(ColdCases.Start start) throws Exception {
    Duration time = ColdCases.FIRST;
    try (BenchServer server = start.server()) {
      ConnectCases.run(server.port(), people(server), time);
      try (PushLoad pushes = ColdCases.pushers(server)) {
        pushes.run(time);
      }
      List<TestUser> pullers = PullCases.filled(server, PULLERS, RECORDS);
      new PullCases.Load(pullers, RECORDS, 0, CAPACITY).measure(server, Duration.ZERO, time);
      try (Audience audience = new Audience(server, SUBSCRIBERS)) {
        FanOutCases.push(audience, FAN_OUTS_A_SECOND, time);
        return List.of(
            Row.of(
                    "memory.mixed",
                    "RSS after connections, pushes, pulls and pushes to 1,000 subscribers",
                    server.resident("VmRSS"),
                    "MB")
                .goal(Goal.atMost(420))
                .note("at most %,.0f MB".formatted(server.resident("VmHWM"))));
      }
    }
  }

  private static List<Person> people(BenchServer server) {
    return IntStream.range(0, PEOPLE)
        .parallel()
        .mapToObj(number -> Person.unknown(server))
        .toList();
  }
}
