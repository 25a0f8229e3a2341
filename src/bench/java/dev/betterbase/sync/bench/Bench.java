package dev.betterbase.sync.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

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

  /** Null in a run whose cases all start servers of their own. */
  private final @Nullable BenchServer server;

  private final Limit.Program limit;
  private final Duration time = Duration.ofSeconds(Integer.getInteger("bench.seconds", 8));
  private final Consumer<Row> report;

  private Bench(BenchServer server, Consumer<Row> report) {
    this(server, report, PgBench.isInstalled() ? new PgBench(server) : new JdbcLimit(server));
  }

  private Bench(@Nullable BenchServer server, Consumer<Row> report, Limit.Program limit) {
    this.server = server;
    this.report = report;
    this.limit = limit;
  }

  /** Cases that are run together. */
  private interface Group {
    void run(Bench bench) throws Exception;
  }

  /** Cases that start servers of their own. */
  interface ColdCase {
    List<Row> run(ColdCases.Start start) throws Exception;
  }

  private static final Map<String, ColdCase> COLD = cold();

  /** The cases in which another server can stand in for this one: they need only the protocol. */
  private static final Map<String, Group> COMPARED = compared();

  private static Map<String, ColdCase> cold() {
    Map<String, ColdCase> cases = new LinkedHashMap<>();
    cases.put("cold.connect", ColdCases::connect);
    cases.put("cold.connect.limit", ColdCases::connectLimit);
    cases.put("cold.push", ColdCases::push);
    cases.put("cold.pull", ColdCases::pull);
    cases.put("cold.fanout", ColdCases::fanOut);
    cases.put("storm", StormCase::run);
    cases.put("memory.mixed", MixedCase::run);
    return cases;
  }

  private static Map<String, Group> compared() {
    Map<String, Group> groups = new LinkedHashMap<>();
    groups.put("push.many", PushCases::many);
    groups.put("push.one", PushCases::one);
    groups.put("push.bulk", PushCases::bulk);
    groups.put("pull.whole", PullCases::whole);
    groups.put("pull.tail", PullCases::tail);
    groups.put("fanout.100", FanOutCases::hundred);
    groups.put("fanout.1000", FanOutCases::thousand);
    groups.put("fanout.max", FanOutCases::most);
    groups.put("connect", ConnectCases::connect);
    return groups;
  }

  private static Map<String, Group> groups() {
    Map<String, Group> groups = new LinkedHashMap<>();
    groups.put("start", StartCases::run);
    COLD.forEach((name, cold) -> groups.put(name, bench -> bench.report(cold)));
    groups.put("memory.push", PushCases::memory);
    groups.putAll(COMPARED);
    groups.put("push.java", PushLimitCases::run);
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
    Report report = new Report(System.out);
    String other = System.getProperty("bench.other", "");
    boolean whole = false;
    try {
      whole = other.isBlank() ? measure(groups, report) : compare(groups, report, other);
    } catch (RuntimeException | AssertionError e) {
      System.err.println("FAILED: " + groups.keySet());
      e.printStackTrace();
    }
    // The embedded database leaves threads behind.
    System.exit(whole ? 0 : 1);
  }

  private static boolean measure(Map<String, Group> groups, Report report) throws Exception {
    if (COLD.keySet().containsAll(groups.keySet())) {
      // None of them needs the server that the others share.
      return new Bench(null, report::add, Limit.NONE).run(groups, report);
    }
    try (BenchServer server = BenchServer.start()) {
      return new Bench(server, report::add).run(groups, report);
    }
  }

  /** Puts each load on this server and on the other one, in turns. */
  private static boolean compare(Map<String, Group> groups, Report report, String other)
      throws Exception {
    Bench reporter = new Bench(null, report::add, Limit.NONE);
    Comparison comparison = new Comparison(reporter, other);
    Map<String, Group> loads = new LinkedHashMap<>();
    for (Map.Entry<String, ColdCase> cold : COLD.entrySet()) {
      if (groups.containsKey(cold.getKey()) && !cold.getKey().endsWith(Row.LIMIT)) {
        loads.put(
            cold.getKey(),
            bench -> comparison.run(which -> cold.getValue().run(() -> comparison.start(which))));
      }
    }
    if (COMPARED.keySet().stream().noneMatch(groups::containsKey)) {
      return reporter.run(loads, report);
    }
    try (BenchServer own = comparison.start(false);
        BenchServer others = comparison.start(true)) {
      COMPARED.forEach(
          (name, group) -> {
            if (groups.containsKey(name)) {
              loads.put(name, bench -> comparison.run(which -> rows(group, which ? others : own)));
            }
          });
      return reporter.run(loads, report);
    }
  }

  private static List<Row> rows(Group group, BenchServer server) throws Exception {
    List<Row> rows = new ArrayList<>();
    group.run(new Bench(server, rows::add, Limit.NONE));
    return rows;
  }

  // On its own thread, since a read of the client has no time-out.
  private boolean run(Map<String, Group> groups, Report whole) throws Exception {
    whole.begin(time);
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
    whole.end(Path.of(System.getProperty("bench.out", "target/bench")));
    return true;
  }

  private static boolean names(String wanted, String name) {
    return wanted.equals("all") || name.equals(wanted) || name.startsWith(wanted + ".");
  }

  BenchServer server() {
    return Objects.requireNonNull(server);
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
    report.accept(row);
  }

  private void report(ColdCase cold) throws Exception {
    cold.run(BenchServer::onSharedPostgres).forEach(report);
  }
}
