package dev.betterbase.sync.testing;

import dev.betterbase.sync.settings.Setting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
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
 * The packaged server ({@code target/betterbase-sync.jar}) in its own process and folder, on a free
 * port of loopback. It can be stopped as by an administrator (SIGTERM), killed as in a crash
 * (SIGKILL), and started again in the same folder on the same port.
 *
 * <p>{@link #close}, which also runs at the end of this JVM, ends all processes, including an
 * embedded PostgreSQL that survived a kill. The log stays beside the folder, in {@code
 * target/servers/}.
 */
public final class ServerProcess implements AutoCloseable {
  /** The jar: the system property {@code server.jar}, or else the output of the build. */
  public static final Path JAR =
      Path.of(System.getProperty("server.jar", "target/betterbase-sync.jar")).toAbsolutePath();

  /** The transport that all servers of a test run use; the build sets it. */
  static final String TRANSPORT = System.getProperty("websocket.transport", "auto");

  /**
   * Arguments for JVMs that run for seconds or minutes, separated by spaces. The build turns off
   * the optimizing compiler for them, which would cost more than it gains.
   */
  private static final List<String> SHORT_LIVED =
      Stream.of(System.getProperty("server.jvm", "").split(" "))
          .filter(argument -> !argument.isEmpty())
          .toList();

  /** Where all servers of the tests are unpacked. The build makes an AOT cache in it. */
  public static final Path CACHE = Path.of("target/cache").toAbsolutePath();

  private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");
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
          .connectTimeout(Duration.ofSeconds(20))
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

  /** The options of a server. The defaults fit most tests. */
  public static final class Builder {
    private final Map<String, String> environment = new LinkedHashMap<>();
    private final List<String> arguments = new ArrayList<>(List.of("serve"));
    private final List<String> jvmArguments = new ArrayList<>(SHORT_LIVED);
    private String name = "server";
    private Optional<String> heap = Optional.of("256m");
    private Path jar = JAR;
    private int port;
    private List<String> prefix = List.of();
    private boolean embeddedDatabase;
    private List<String> command = List.of();

    private Builder() {
      environment.put("WEBSOCKET_TRANSPORT", TRANSPORT);
      environment.put("CACHE_DIRECTORY", CACHE.toString());
      environment.put("AOT_CACHE_QUIET_SECONDS", "0");
    }

    /** Sets a name for the folder and the log. */
    public Builder name(String value) {
      name = value;
      return this;
    }

    /**
     * Sets an environment variable. From this JVM, the server inherits only PATH, HOME and TMPDIR.
     */
    public Builder with(String variable, String value) {
      environment.put(variable, value);
      return this;
    }

    /** Sets the command line after the jar. The default is {@code serve}. */
    public Builder arguments(String... values) {
      arguments.clear();
      arguments.addAll(List.of(values));
      return this;
    }

    /** Uses the embedded PostgreSQL, which a {@link TestServer} does not use by default. */
    public Builder embeddedDatabase() {
      embeddedDatabase = true;
      return this;
    }

    /** Sets the database, unless the options name one already. */
    Builder databaseElse(Supplier<String> url) {
      if (!embeddedDatabase) {
        environment.computeIfAbsent("DATABASE_URL", variable -> url.get());
      }
      return this;
    }

    /** Uses the JVM without extra arguments, for tests of memory and of much data. */
    public Builder jvmAsShipped() {
      jvmArguments.removeAll(SHORT_LIVED);
      return this;
    }

    /** Sets the maximum heap, in the form of {@code -Xmx}. */
    public Builder heap(String value) {
      heap = Optional.of(value);
      return this;
    }

    /** Uses the JVM's default heap. */
    public Builder defaultHeap() {
      heap = Optional.empty();
      return this;
    }

    /** Sets another path to the jar. */
    public Builder jar(Path value) {
      jar = value;
      return this;
    }

    /**
     * Starts another program in place of the jar, with the same environment. The address is in HOST
     * and PORT as well as in LISTEN_ADDR, and {@code java} is the one that runs this JVM.
     */
    public Builder command(List<String> words) {
      command = words.stream().map(word -> word.equals("java") ? JAVA.toString() : word).toList();
      return this;
    }

    /** Sets the words in front of {@code java}, such as a shell that sets a limit. */
    public Builder prefix(String... words) {
      prefix = List.of(words);
      return this;
    }

    /** Lets a shell run a command before it becomes the server. */
    public Builder after(String command) {
      return prefix("sh", "-c", command + " && exec \"$@\"", "sh");
    }

    /** Adds an argument of the JVM. */
    public Builder jvm(String value) {
      jvmArguments.add(value);
      return this;
    }

    /**
     * Makes host names resolve to loopback in the server. No other names resolve then, except that
     * of this machine.
     */
    public Builder hosts(String... names) {
      try {
        Path hosts = Files.createTempFile(Files.createDirectories(SERVERS), "hosts", "");
        hosts.toFile().deleteOnExit();
        Files.writeString(
            hosts,
            "127.0.0.1 localhost %s %s%n"
                .formatted(InetAddress.getLocalHost().getHostName(), String.join(" ", names)));
        return jvm("-Djdk.net.hosts.file=" + hosts);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** Sets a fixed port, for example that of an earlier server. */
    public Builder port(int value) {
      port = value;
      return this;
    }

    /** Starts the server and waits until it answers. */
    public ServerProcess start() {
      ServerProcess server = new ServerProcess(this);
      server.start();
      return server;
    }

    /** Starts the server without waiting, for starts that must fail or are observed. */
    public ServerProcess launch() {
      ServerProcess server = new ServerProcess(this);
      server.launch();
      return server;
    }
  }

  /** The arguments for JVMs that run for seconds or minutes. */
  public static List<String> shortLivedJvm() {
    return SHORT_LIVED;
  }

  /** Options of a server with {@code serve} and no setting but its address. */
  public static Builder builder() {
    return new Builder();
  }

  /** Options of a development server ({@code serve --dev}), which needs no settings. */
  public static Builder dev() {
    return new Builder().name("dev").arguments("serve", "--dev");
  }

  /** Starts the process, the first time or again, and waits until /health answers 200. */
  public void start() {
    launch();
    awaitHealthy(START_LIMIT);
  }

  /**
   * Keeps the secrets that this server is given beside its log. {@code LogSecrecyIT} looks for them
   * there.
   */
  private void rememberSecrets() throws IOException {
    List<String> secrets =
        Arrays.stream(Setting.values())
            .filter(setting -> setting.fileVariable().isPresent())
            .map(setting -> options.environment.getOrDefault(setting.name(), ""))
            .filter(value -> value.length() >= 16)
            .toList();
    Files.write(SERVERS.resolve(log.getFileName() + ".secrets"), secrets);
  }

  /** Starts the process without waiting. */
  public void launch() {
    if (process != null && process.isAlive()) {
      throw new IllegalStateException("already running");
    }
    ProcessBuilder builder =
        new ProcessBuilder(options.command.isEmpty() ? jarCommand() : options.command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().keySet().retainAll(Set.of("PATH", "HOME", "TMPDIR", "USER", "LANG"));
    builder.environment().put("LISTEN_ADDR", "127.0.0.1:" + port);
    builder.environment().putAll(options.environment);
    if (!options.command.isEmpty()) {
      builder.environment().put("HOST", "127.0.0.1");
      builder.environment().put("PORT", String.valueOf(port));
    }
    try {
      rememberSecrets();
      process = builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<String> jarCommand() {
    if (!Files.isRegularFile(options.jar)) {
      throw new IllegalStateException("no " + options.jar + ": build it with mvn package");
    }
    List<String> command = new ArrayList<>(options.prefix);
    command.add(JAVA.toString());
    options.heap.ifPresent(size -> command.add("-Xmx" + size));
    command.addAll(options.jvmArguments);
    command.addAll(List.of("-jar", options.jar.toString()));
    command.addAll(options.arguments);
    return command;
  }

  /** Waits until /health answers 200. Fails with the log if the process ends first. */
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

  /** The status of GET /health; empty if there is no answer. */
  public Optional<Integer> health() {
    try {
      return Optional.of(get("/health").statusCode());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Sends GET for a path and returns the response with its body as text. */
  public HttpResponse<String> get(String path) throws IOException {
    return send(HttpRequest.newBuilder(uri(path)).GET());
  }

  /** Sends a request built on {@link #uri}. */
  public HttpResponse<String> send(HttpRequest.Builder request) throws IOException {
    try {
      return http.send(
          request.timeout(Duration.ofSeconds(60)).build(),
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

  /** The port on loopback on which the server listens. */
  public int port() {
    return port;
  }

  /** The process id of the server's JVM. */
  public long pid() {
    return process.pid();
  }

  /** Whether the process runs. */
  public boolean isAlive() {
    return process != null && process.isAlive();
  }

  /** The working folder of the process, in which {@code data/} is. */
  public Path folder() {
    return folder;
  }

  /** The standard output and standard error of all starts. */
  public String output() {
    try {
      return Files.exists(log) ? Files.readString(log) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends SIGTERM and waits until the process has ended. Returns the exit code. */
  public int stop() {
    process.destroy();
    return awaitExit(STOP_LIMIT);
  }

  /** Sends SIGTERM without waiting. */
  public void terminate() {
    process.destroy();
  }

  /** Waits until the process ends by itself. Returns the exit code. */
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

  /** Kills the JVM of the server (SIGKILL). Its embedded PostgreSQL keeps running. */
  public void kill() {
    process.destroyForcibly();
    awaitExit(STOP_LIMIT);
  }

  /** Lets the process stand still (SIGSTOP), with its connections open. */
  public void suspend() {
    signal("STOP");
  }

  /** Lets a suspended process go on (SIGCONT). */
  public void resume() {
    signal("CONT");
  }

  private void signal(String name) {
    try {
      int code =
          new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
              .inheritIO()
              .start()
              .waitFor();
      if (code != 0) {
        throw new IllegalStateException("kill ended with " + code);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** The postmaster of the embedded PostgreSQL; empty if none runs. */
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
      return Optional.empty(); // the file has gone, or is being written
    }
  }

  // The process id in a left-over file may belong to another program by now.
  private static boolean isPostgres(ProcessHandle process) {
    return process.isAlive() && process.info().command().orElse("").contains("postgres");
  }

  /** Ends all processes and deletes the folder. The log stays. */
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
        postmaster.get().onExit().get(60, TimeUnit.SECONDS);
      }
      deleteFolder();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException | IOException e) {
      throw new IllegalStateException("not cleaned up: " + folder, e);
    }
  }

  private void deleteFolder() throws IOException {
    // The child processes of a killed postmaster may still delete files at the same time.
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
