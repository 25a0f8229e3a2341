package dev.betterbase.sync.bench;

import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.TestIssuer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Files of 100 MiB up to the packaged server and down again, over loopback, beside {@code cat} of
 * the same file on the same disk: what the disk and the page cache give without a server. Takes
 * about a minute and 3 GB of disk.
 *
 * <p>{@code mvn -Pbench package -Dbench.program=files}
 */
public final class FileBench {
  private static final int SIZE = 100 << 20;
  private static final int ROUNDS = 5;
  private static final int AT_ONCE = 4;
  private static final int BUFFER = 256 * 1024;

  private final ServerProcess server;
  private final Path file;
  private final String record = Requests.newId();
  private final String token;
  private final String space;
  private final PrintStream out;

  private FileBench(ServerProcess server, TestIssuer issuer, Path file, PrintStream out) {
    this.server = server;
    this.file = file;
    this.out = out;
    TestUser user = TestUser.unknown(issuer);
    this.token = issuer.token().of(user).claim("scope", "sync files").sign();
    this.space = user.personalSpace();
    try (WireClient client = WireClient.open(server.port()).authenticate(user.token())) {
      client.request("push", Requests.push(space, Requests.put(record, 0, Requests.blob(1)))).ok();
    }
  }

  /** Runs it all; takes no arguments. */
  public static void main(String[] arguments) throws Exception {
    Path folder = Files.createTempDirectory(Path.of("target"), "bench-files");
    Path file = folder.resolve("file");
    Files.write(file, Requests.blob(SIZE));
    try (TestIssuer issuer = TestIssuer.start();
        ServerProcess server =
            ServerProcess.builder()
                .name("bench-files")
                .heap("256m")
                .with("TRUSTED_ISSUERS", issuer.url())
                .with("FILE_STORAGE_BACKEND", "local")
                .start()) {
      new FileBench(server, issuer, file, System.out).run();
    } finally {
      Files.deleteIfExists(file);
      Files.deleteIfExists(folder);
    }
  }

  private void run() throws Exception {
    up(1, 1); // warms up
    out.printf(Locale.ROOT, "%-44s %10s %10s%n", "files of 100 MiB, loopback", "MiB/s", "of cat");
    for (int atOnce : new int[] {1, AT_ONCE}) {
      double written = rate(atOnce, ROUNDS, this::catToDisk);
      double up = up(atOnce, ROUNDS);
      report("cat to a file, synced, %d at once".formatted(atOnce), written, written);
      report("PUT, %d at once".formatted(atOnce), up, written);
      String stored = put();
      double read = rate(atOnce, ROUNDS, this::catToPipe);
      double down = rate(atOnce, ROUNDS, () -> get(stored));
      report("cat to a pipe, %d at once".formatted(atOnce), read, read);
      report("GET, %d at once".formatted(atOnce), down, read);
    }
    out.printf(
        Locale.ROOT,
        "server: heap of at most 256 MiB, resident %d MiB now, %d MiB at most%n",
        resident("VmRSS"),
        resident("VmHWM"));
  }

  private double up(int atOnce, int rounds) throws Exception {
    return rate(atOnce, rounds, this::put);
  }

  private void report(String what, double rate, double baseline) {
    out.printf(Locale.ROOT, "%-44s %10.0f %10.2f%n", what, rate, rate / baseline);
  }

  /** MiB a second, with this many transfers at once, each repeated this often. */
  private static double rate(int atOnce, int rounds, Callable<?> transfer) throws Exception {
    long begun = System.nanoTime();
    try (ExecutorService threads = Executors.newFixedThreadPool(atOnce)) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < atOnce * rounds; i++) {
        running.add(threads.submit(transfer));
      }
      for (Future<?> each : running) {
        each.get(5, TimeUnit.MINUTES);
      }
    }
    double seconds = (System.nanoTime() - begun) / 1e9;
    return atOnce * rounds * (SIZE / (double) (1 << 20)) / seconds;
  }

  private Void catToDisk() throws Exception {
    Path copy = Files.createTempFile(file.getParent(), "copy", "");
    shell("cat '%s' > '%s' && sync '%s'".formatted(file, copy, copy));
    Files.delete(copy);
    return null;
  }

  private Void catToPipe() throws Exception {
    shell("cat '%s' | cat > /dev/null".formatted(file));
    return null;
  }

  private static void shell(String line) throws Exception {
    Process process = new ProcessBuilder("sh", "-c", line).inheritIO().start();
    if (!process.waitFor(5, TimeUnit.MINUTES) || process.exitValue() != 0) {
      process.destroyForcibly();
      throw new IllegalStateException("failed: " + line);
    }
  }

  /** Uploads the file under a new id, and returns the id. */
  private String put() throws IOException {
    String id = Requests.newId();
    try (SocketChannel socket = connect();
        FileChannel bytes = FileChannel.open(file, StandardOpenOption.READ)) {
      String dek = Base64.getEncoder().encodeToString(Requests.dek(1));
      send(
          socket,
          "PUT",
          id,
          "X-Record-ID: %s\r\nX-Wrapped-DEK: %s\r\nContent-Length: %d\r\n"
              .formatted(record, dek, SIZE));
      for (long sent = 0; sent < SIZE; ) {
        sent += bytes.transferTo(sent, SIZE - sent, socket);
      }
      require(socket, "HTTP/1.1 201 ");
    }
    return id;
  }

  private Void get(String id) throws IOException {
    try (SocketChannel socket = connect()) {
      send(socket, "GET", id, "");
      ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
      long read = 0;
      for (int count; (count = socket.read(buffer)) >= 0; ) {
        read += count;
        buffer.clear();
      }
      if (read < SIZE) {
        throw new IllegalStateException("a GET ended after " + read + " bytes");
      }
    }
    return null;
  }

  private SocketChannel connect() throws IOException {
    return SocketChannel.open(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
  }

  private void send(SocketChannel socket, String method, String id, String headers)
      throws IOException {
    String head =
        "%s /api/v1/spaces/%s/files/%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer %s\r\n%s\r\n"
            .formatted(method, space, id, token, headers);
    ByteBuffer bytes = ByteBuffer.wrap(head.getBytes(StandardCharsets.ISO_8859_1));
    while (bytes.hasRemaining()) {
      socket.write(bytes);
    }
  }

  private static void require(SocketChannel socket, String status) throws IOException {
    ByteBuffer answer = ByteBuffer.allocate(BUFFER);
    while (answer.position() < status.length() && socket.read(answer) >= 0) {}
    String text = new String(answer.array(), 0, answer.position(), StandardCharsets.ISO_8859_1);
    if (!text.startsWith(status)) {
      throw new IllegalStateException("the server answered " + text);
    }
  }

  /** In MiB; 0 if the system does not tell. */
  private long resident(String field) throws IOException {
    Path status = Path.of("/proc", Long.toString(server.pid()), "status");
    if (!Files.exists(status)) {
      return 0;
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith(field + ":"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
        .findFirst()
        .orElse(0);
  }
}
