package dev.betterbase.sync.bench;

import dev.betterbase.sync.bench.Row.Goal;
import dev.betterbase.sync.testing.PayaraMicroJar;
import dev.betterbase.sync.testing.Ports;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * The time from the start of the jar, with its own PostgreSQL, to its first answer. Beside it, in
 * turns, bare Payara Micro: without an application, with an empty one, and with {@link OneOfEach}.
 */
final class StartCases {
  private static final int STARTS = 3;
  private static final double OF_BARE = 1.5;
  private static final Pattern PHASE = Pattern.compile("start: (.+) after (\\d+) ms");

  private StartCases() {}

  /**
   * A start.
   *
   * @param seconds to the first answer
   * @param cpu seconds of CPU time until then
   */
  private record Start(double seconds, double cpu) {
    static Start median(List<Start> starts) {
      return starts.stream()
          .sorted(Comparator.comparingDouble(Start::seconds))
          .toList()
          .get(starts.size() / 2);
    }

    Row row(String id, String what) {
      return Row.of(id, what, seconds, "s")
          .note(String.format(Locale.ROOT, "%.1f s of CPU; median of %d", cpu, STARTS));
    }
  }

  static void run(Bench bench) throws Exception {
    BenchServer server = bench.server();
    bench.report(
        Row.of(
            "start.new",
            "start of the jar to the first answer, new database",
            server.firstStart(),
            "s"));
    List<Start> bare = new ArrayList<>();
    List<Start> empty = new ArrayList<>();
    List<Start> oneOfEach = new ArrayList<>();
    List<Start> own = new ArrayList<>();
    Path war = emptyWar();
    Path small = war.resolveSibling("small/ROOT.war");
    Files.createDirectories(small.getParent());
    OneOfEach.write(small);
    for (int i = 0; i < STARTS; i++) {
      bare.add(payara(List.of(), 404));
      empty.add(payara(List.of("--deploy", war.toString()), 200));
      oneOfEach.add(payara(List.of("--deploy", small.toString()), 200));
      own.add(restart(server));
    }
    double limit = Start.median(bare).seconds();
    bench.report(Start.median(bare).row("start.bare", "L: bare Payara Micro, no application"));
    bench.report(Start.median(empty).row("start.empty", "  with an empty WAR"));
    bench.report(
        Start.median(oneOfEach)
            .row("start.one", "  with the smallest WAR that has one of each kind of component"));
    bench.report(
        Start.median(own)
            .row("start.existing", "start of the jar, existing database")
            .goal(new Goal("L", limit, OF_BARE, false)));
    phases(bench, server, "start.existing");
    TimeUnit.SECONDS.sleep(5);
    bench.report(Row.of("memory.idle", "RSS before any load", server.resident("VmRSS"), "MB"));
    withCache(bench, limit);
  }

  private static void withCache(Bench bench, double limit) throws Exception {
    try (BenchServer cached = BenchServer.startWithAotCache()) {
      List<Start> starts = new ArrayList<>();
      for (int i = 0; i < STARTS; i++) {
        starts.add(restart(cached));
      }
      bench.report(
          Start.median(starts)
              .row("start.aot", "the same with an AOT cache")
              .goal(new Goal("L", limit, 1, false)));
      bench.report(
          Start.median(emptyWithCache())
              .row("start.aot.empty", "  bare Payara Micro with an empty WAR and an AOT cache"));
      phases(bench, cached, "start.aot");
      TimeUnit.SECONDS.sleep(5);
      bench.report(Row.of("memory.aot", "RSS before any load", cached.resident("VmRSS"), "MB"));
    }
  }

  /** Starts from Payara's own launcher, whose classes a cache can serve. */
  private static List<Start> emptyWithCache() throws Exception {
    Path folder = Path.of("target/bench/bare").toAbsolutePath();
    Path cache = folder.resolve("empty.aot");
    BareProcess.run(
        "-jar",
        PayaraMicroJar.path().toString(),
        "--rootdir",
        folder.resolve("root").toString(),
        "--outputlauncher");
    List<String> war =
        List.of(
            "-jar",
            folder.resolve("root/launch-micro.jar").toString(),
            "--nohazelcast",
            "--deploy",
            folder.resolve("ROOT.war").toString());
    // The JVM writes the cache when it ends.
    payara("-XX:AOTCacheOutput=" + cache, war);
    List<Start> starts = new ArrayList<>();
    for (int i = 0; i < STARTS; i++) {
      starts.add(payara("-XX:AOTCache=" + cache, war));
    }
    return starts;
  }

  private static Start payara(String flag, List<String> arguments) throws Exception {
    int port = Ports.free();
    List<String> all = new ArrayList<>(List.of(flag));
    all.addAll(arguments);
    all.addAll(List.of("--port", Integer.toString(port)));
    try (BareProcess payara = BareProcess.start(all, port, 200)) {
      return new Start(payara.seconds(), payara.cpu());
    }
  }

  private static Start restart(BenchServer server) {
    double seconds = server.restart();
    return new Start(seconds, CpuTime.of(server.pid()));
  }

  private static Start payara(List<String> deploy, int status) throws Exception {
    int port = Ports.free();
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "-jar",
                PayaraMicroJar.path().toString(),
                "--nohazelcast",
                "--port",
                Integer.toString(port)));
    arguments.addAll(deploy);
    try (BareProcess payara = BareProcess.start(arguments, port, status)) {
      return new Start(payara.seconds(), payara.cpu());
    }
  }

  private static Path emptyWar() throws IOException {
    Path folder = Files.createDirectories(Path.of("target/bench/bare").toAbsolutePath());
    Path war = folder.resolve("ROOT.war");
    try (var zip = new ZipOutputStream(Files.newOutputStream(war))) {
      zip.putNextEntry(new ZipEntry("index.html"));
      zip.write("empty".getBytes(StandardCharsets.UTF_8));
    }
    return war;
  }

  /** When the phases of the server's last start ended, by its log. */
  private static void phases(Bench bench, BenchServer server, String id) {
    PHASE
        .matcher(server.outputOfLastStart())
        .results()
        .forEach(
            phase ->
                bench.report(
                    Row.of(
                        id + ".phase",
                        "  ended: " + phase.group(1),
                        Integer.parseInt(phase.group(2)) / 1e3,
                        "s")));
  }
}
