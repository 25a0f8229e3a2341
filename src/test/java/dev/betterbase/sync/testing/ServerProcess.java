package dev.betterbase.sync.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The packaged server ({@code target/betterbase-sync.jar}) as a process of its own, in a folder of
 * its own, on a free port of loopback. It can be stopped as an administrator does (SIGTERM), killed
 * as a crash does (SIGKILL), and started again in the same folder and on the same port.
 *
 * <p>Whatever way it ends, {@link #close} (at the latest the end of this JVM) leaves no process
 * behind, an embedded PostgreSQL that survived a kill included. The log stays beside the folder, in
 * {@code target/servers/}.
 */
public final class ServerProcess implements AutoCloseable {
  /** Where the jar stands: the system property {@code server.jar}, else where the build puts it. */
  public static final Path JAR =
      Path.of(System.getProperty("server.jar", "target/betterbase-sync.jar")).toAbsolutePath();

  /** What the build says that the servers of a run shall use. */
  static final String TRANSPORT = System.getProperty("websocket.transport", "auto");

  /**
   * Arguments for the JVMs of servers that live for seconds or minutes, parted by spaces: the build
   * spares them the optimising compiler, which would cost more than it gains.
   */
  private static final List<String> SHORT_LIVED =
      Stream.of(System.getProperty("server.jvm", "").split(" "))
          .filter(argument -> !argument.isEmpty())
          .toList();

  private static final Path SERVERS = Path.of("target/servers").toAbsolutePath();
  private static final Duration START_LIMIT = Duration.ofMinutes(5);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(60);
  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static final Set<ServerProcess> OPEN = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> OPEN.parallelStream().forEach(ServerProcess::close)));
  }

  private final Builder options;
  private final Path folder;
  private final Path log;
  private final int port;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private Process process;

  private ServerProcess(Builder options) {
    this.options = options;
    this.port = options.port == 0 ? Ports.free() : options.port;
    String name =
        options.name + "-" + ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet();
    this.folder = SERVERS.resolve(name);
    this.log = SERVERS.resolve(name + ".log");
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    OPEN.add(this);
  }

  /** How to start a server; every value has a default that fits most tests. */
  public static final class Builder {
    private final Map<String, String> environment = new LinkedHashMap<>();
    private final List<String> arguments = new ArrayList<>(List.of("serve"));
    private final List<String> jvmArguments = new ArrayList<>(SHORT_LIVED);
    private String name = "server";
    private Optional<String> heap = Optional.of("256m");
    private Path jar = JAR;
    private int port;
    private boolean embeddedDatabase;

    private Builder() {
      environment.put("WEBSOCKET_TRANSPORT", TRANSPORT);
    }

    /** Names the folder and the log, for whoever reads them after a failure. */
    public Builder name(String value) {
      name = value;
      return this;
    }

    /**
     * One environment variable; the server inherits none from this JVM but PATH, HOME and TMPDIR.
     */
    public Builder with(String variable, String value) {
      environment.put(variable, value);
      return this;
    }

    /** The command line behind the jar, in place of {@code serve}. */
    public Builder arguments(String... values) {
      arguments.clear();
      arguments.addAll(List.of(values));
      return this;
    }

    /** With its embedded PostgreSQL, where a {@link TestServer} takes the one of this JVM. */
    public Builder embeddedDatabase() {
      embeddedDatabase = true;
      return this;
    }

    /** The database for a server that names none of its own. */
    Builder databaseElse(Supplier<String> url) {
      if (!embeddedDatabase) {
        environment.computeIfAbsent("DATABASE_URL", variable -> url.get());
      }
      return this;
    }

    /** The JVM as users have it, for tests of memory and of much data. */
    public Builder jvmAsShipped() {
      jvmArguments.removeAll(SHORT_LIVED);
      return this;
    }

    /** The maximal heap as {@code -Xmx} takes it. */
    public Builder heap(String value) {
      heap = Optional.of(value);
      return this;
    }

    /** The heap that the JVM takes where it is told nothing. */
    public Builder defaultHeap() {
      heap = Optional.empty();
      return this;
    }

    /** The same jar by another path. */
    public Builder jar(Path value) {
      jar = value;
      return this;
    }

    /** One more argument of the JVM. */
    public Builder jvm(String value) {
      jvmArguments.add(value);
      return this;
    }

    /** A fixed port, for instance to start a second server where a first one was. */
    public Builder port(int value) {
      port = value;
      return this;
    }

    /** Starts it and waits until it answers. */
    public ServerProcess start() {
      ServerProcess server = new ServerProcess(this);
      server.start();
      return server;
    }

    /** Launches it without waiting: for starts that are to fail, or to be watched. */
    public ServerProcess launch() {
      ServerProcess server = new ServerProcess(this);
      server.launch();
      return server;
    }
  }

  /** The arguments for JVMs that live for seconds or minutes. */
  public static List<String> shortLivedJvm() {
    return SHORT_LIVED;
  }

  /** A server with {@code serve} and no settings but its address. */
  public static Builder builder() {
    return new Builder();
  }

  /** A development server: {@code serve --dev}, its own issuer, no settings needed. */
  public static Builder dev() {
    return new Builder().name("dev").arguments("serve", "--dev");
  }

  /** Starts it (again) in its folder, on its port, and waits until /health answers 200. */
  public void start() {
    launch();
    awaitHealthy(START_LIMIT);
  }

  /** Starts the process and returns at once. */
  public void launch() {
    if (process != null && process.isAlive()) {
      throw new IllegalStateException("already running");
    }
    if (!Files.isRegularFile(options.jar)) {
      throw new IllegalStateException("no " + options.jar + ": build it with mvn package");
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    options.heap.ifPresent(size -> command.add("-Xmx" + size));
    command.addAll(options.jvmArguments);
    command.addAll(List.of("-jar", options.jar.toString()));
    command.addAll(options.arguments);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().keySet().retainAll(Set.of("PATH", "HOME", "TMPDIR", "USER", "LANG"));
    builder.environment().put("LISTEN_ADDR", "127.0.0.1:" + port);
    builder.environment().putAll(options.environment);
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until /health answers 200; fails with the log where the process ends before. */
  public void awaitHealthy(Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (System.nanoTime() < deadline) {
      if (!process.isAlive()) {
        throw new AssertionError("server ended with " + process.exitValue() + ":\n" + logTail());
      }
      if (health().filter(status -> status == 200).isPresent()) {
        return;
      }
      pause();
    }
    throw new AssertionError("no healthy server within " + limit + ":\n" + logTail());
  }

  /** The status of GET /health, empty where nobody answers. */
  public Optional<Integer> health() {
    try {
      return Optional.of(get("/health").statusCode());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** GET of a path, its body as text. */
  public HttpResponse<String> get(String path) throws IOException {
    return send(HttpRequest.newBuilder(uri(path)).GET());
  }

  /** Sends a request built on {@link #uri}. */
  public HttpResponse<String> send(HttpRequest.Builder request) throws IOException {
    try {
      return http.send(
          request.timeout(Duration.ofSeconds(20)).build(),
          HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  /** The HTTP address of a path. */
  public URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }

  /** The port it listens on (on loopback). */
  public int port() {
    return port;
  }

  /** The process id of the server's JVM. */
  public long pid() {
    return process.pid();
  }

  /** Whether the process lives. */
  public boolean isAlive() {
    return process != null && process.isAlive();
  }

  /** The folder it runs in; {@code data/} with the embedded PostgreSQL lies below. */
  public Path folder() {
    return folder;
  }

  /** All it has written to stdout and stderr, over all its starts. */
  public String output() {
    try {
      return Files.exists(log) ? Files.readString(log) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** SIGTERM, then waits for the orderly end. Returns the exit code. */
  public int stop() {
    process.destroy();
    return awaitExit(STOP_LIMIT);
  }

  /** SIGTERM without waiting. */
  public void terminate() {
    process.destroy();
  }

  /** Waits until the process has ended by itself. Returns the exit code. */
  public int awaitExit(Duration limit) {
    try {
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError("server still runs after " + limit + ":\n" + logTail());
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** SIGKILL of the server's JVM: as a crash, without a word to anyone, PostgreSQL included. */
  public void kill() {
    process.destroyForcibly();
    awaitExit(STOP_LIMIT);
  }

  /** The postmaster of the embedded PostgreSQL, empty where none runs. */
  public Optional<ProcessHandle> postmaster() {
    try (Stream<Path> files = Files.walk(folder.resolve("data"), 4)) {
      Optional<Path> file =
          files
              .filter(path -> path.endsWith("postmaster.pid"))
              .findFirst()
              .filter(Files::isReadable);
      if (file.isEmpty()) {
        return Optional.empty();
      }
      long pid = Long.parseLong(Files.readAllLines(file.get()).get(0).strip());
      return ProcessHandle.of(pid).filter(ServerProcess::isPostgres);
    } catch (IOException | UncheckedIOException | IndexOutOfBoundsException e) {
      return Optional.empty(); // the file went away, or is being written
    }
  }

  // A left-over file may name a process id that someone else has by now.
  private static boolean isPostgres(ProcessHandle process) {
    return process.isAlive() && process.info().command().orElse("").contains("postgres");
  }

  /** Ends all of it and removes the folder; the log stays. */
  @Override
  public void close() {
    if (!OPEN.remove(this)) {
      return;
    }
    try {
      if (isAlive()) {
        process.destroy();
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
          process.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
        }
      }
      Optional<ProcessHandle> postmaster = postmaster();
      if (postmaster.isPresent()) {
        postmaster.get().destroyForcibly();
        postmaster.get().onExit().get(20, TimeUnit.SECONDS);
      }
      deleteFolder();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException | IOException e) {
      throw new IllegalStateException("not cleaned up: " + folder, e);
    }
  }

  private void deleteFolder() throws IOException {
    // The backends of a killed postmaster may still remove files of their own.
    for (int attempt = 0; ; attempt++) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(path);
        }
        return;
      } catch (IOException | UncheckedIOException e) {
        if (attempt == 20) {
          throw new IOException(e);
        }
        pause();
      }
    }
  }

  private String logTail() {
    String all = output();
    return all.length() > 8_000 ? "…" + all.substring(all.length() - 8_000) : all;
  }

  private static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
