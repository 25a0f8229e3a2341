package dev.betterbase.sync.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Starts the packaged server with its embedded PostgreSQL, puts load on it over loopback, and
 * prints one table: each figure beside the limit that it is measured against, and the CPU time that
 * it took. A wrong or missing answer ends the run with an error.
 *
 * <p>{@code mvn -Pbench package}; with {@code -Dbench.cases=push,fanout.100} some of the cases,
 * with {@code -Dbench.seconds=3} in less time (docs/performance.md).
 */
public final class Bench {
  private static final Duration LONGEST = Duration.ofMinutes(15);

  private final BenchServer server;
  private final Limit.Program limit;
  private final Duration time = Duration.ofSeconds(Integer.getInteger("bench.seconds", 8));
  private final Report report;

  private Bench(BenchServer server, Report report) {
    this.server = server;
    this.report = report;
    this.limit = PgBench.isInstalled() ? new PgBench(server) : new JdbcLimit(server);
  }

  /** Cases that are run together. */
  private interface Group {
    void run(Bench bench) throws Exception;
  }

  private static Map<String, Group> groups() {
    Map<String, Group> groups = new LinkedHashMap<>();
    groups.put("start", StartCases::run);
    groups.put("memory.push", PushCases::memory);
    groups.put("push.many", PushCases::many);
    groups.put("push.one", PushCases::one);
    groups.put("push.bulk", PushCases::bulk);
    groups.put("pull.whole", PullCases::whole);
    groups.put("pull.tail", PullCases::tail);
    groups.put("fanout.100", FanOutCases::hundred);
    groups.put("fanout.1000", FanOutCases::thousand);
    groups.put("fanout.max", FanOutCases::most);
    groups.put("connect", ConnectCases::connect);
    groups.put("memory.idle", ConnectCases::idle);
    groups.put("growth.records", GrowthCases::records);
    groups.put("growth.spaces", ManySpacesCases::run);
    groups.put("shared.rewrap", SharedSpaceCases::rewrap);
    groups.put("shared.presence", SharedSpaceCases::presence);
    groups.put("statements", StatementCases::run);
    groups.put("pool", PushCases::pools);
    return groups;
  }

  /** Runs the cases that {@code bench.cases} names, by their names or beginnings of names. */
  public static void main(String[] arguments) throws Exception {
    List<String> wanted = Arrays.asList(System.getProperty("bench.cases", "all").split(",", -1));
    Map<String, Group> groups = groups();
    groups.keySet().removeIf(name -> wanted.stream().noneMatch(each -> names(each, name)));
    if (groups.isEmpty()) {
      System.err.println("bench.cases: there are " + String.join(", ", groups().keySet()));
      System.exit(1);
    }
    boolean whole = false;
    try (BenchServer server = BenchServer.start()) {
      whole = new Bench(server, new Report(System.out)).run(groups);
    } catch (RuntimeException | AssertionError e) {
      System.err.println("FAILED: " + groups.keySet());
      e.printStackTrace();
    }
    // The embedded database leaves threads behind.
    System.exit(whole ? 0 : 1);
  }

  // On its own thread, since a read of the client has no time-out.
  private boolean run(Map<String, Group> groups) throws Exception {
    report.begin(time);
    ExecutorService thread = Executors.newSingleThreadExecutor();
    for (Map.Entry<String, Group> group : groups.entrySet()) {
      Callable<Void> task =
          () -> {
            group.getValue().run(this);
            return null;
          };
      try {
        thread.submit(task).get(LONGEST.toSeconds(), TimeUnit.SECONDS);
      } catch (ExecutionException | TimeoutException e) {
        System.err.println("FAILED: " + group.getKey());
        e.printStackTrace();
        return false;
      }
    }
    report.end(Path.of(System.getProperty("bench.out", "target/bench")));
    return true;
  }

  private static boolean names(String wanted, String name) {
    return wanted.equals("all") || name.equals(wanted) || name.startsWith(wanted + ".");
  }

  BenchServer server() {
    return server;
  }

  /** The same run, whose next cases load another server. */
  Bench on(BenchServer other) {
    return new Bench(other, report);
  }

  Limit.Program limit() {
    return limit;
  }

  /** How long each case is measured. */
  Duration time() {
    return time;
  }

  /** How long each case runs before it is measured. */
  Duration warmUp() {
    return time;
  }

  void report(Row row) {
    report.add(row);
  }
}
