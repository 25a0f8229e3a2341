package dev.betterbase.sync.bench;

import dev.betterbase.sync.bench.TransportBench.Line;
import dev.betterbase.sync.rpc.ProbeServer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** The cases of the transport benchmark, for one transport of one server. */
final class TransportLoad {
  /** A frame of 600 bytes with its header. */
  static final int STREAM_FRAME = 604;

  private static final int PAYLOAD = 600;
  private static final int STREAM_CONNECTIONS = 4;
  private static final long STREAM_SECONDS = 6;
  private static final int ECHO = 512;
  private static final int ECHO_CONNECTIONS = 16;
  private static final long ECHO_SECONDS = 6;
  private static final int MEMBERS = 1_000;
  private static final int WINDOW = 8;
  private static final long FAN_OUT_SECONDS = 6;
  private static final int IDLE = 5_000;
  private static final int STALLED = 1_000;
  private static final double TICKS_PER_SECOND = 100;

  private final ProbeServer server;
  private final String transport;

  TransportLoad(ProbeServer server, String transport) {
    this.server = server;
    this.transport = transport;
  }

  Line stream() throws Exception {
    stream(STREAM_SECONDS / 2);
    double cpu = cpuSeconds();
    long messages = stream(STREAM_SECONDS);
    cpu = cpuSeconds() - cpu;
    return new Line(
        "stream of 600 B, 4 connections",
        Line.rate((double) messages / STREAM_SECONDS),
        perThousand(cpu, messages),
        "");
  }

  private long stream(long seconds) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    return inParallel(STREAM_CONNECTIONS, () -> streamOne(deadline)).stream()
        .mapToLong(count -> count)
        .sum();
  }

  private long streamOne(long deadline) throws IOException {
    var into = ByteBuffer.allocateDirect(256 * 1024);
    long bytes = 0;
    try (var client = new BareClient(server.port(), transport, 0)) {
      client.write(BareClient.text("stream 2000000000 " + PAYLOAD));
      while (System.nanoTime() < deadline) {
        int count = client.channel.read(into.clear());
        if (count < 0) {
          throw new IOException("closed");
        }
        bytes += count;
      }
    }
    return bytes / STREAM_FRAME;
  }

  Line echo() throws Exception {
    echo(ECHO_SECONDS);
    double cpu = cpuSeconds();
    long[] nanos = echo(ECHO_SECONDS);
    cpu = cpuSeconds() - cpu;
    return new Line(
        "echo of 512 B, 16 connections",
        Line.rate((double) nanos.length / ECHO_SECONDS),
        perThousand(cpu, nanos.length),
        String.format(
            Locale.ROOT,
            "p50 %.2f ms, p99 %.2f ms",
            nanos[nanos.length / 2] / 1e6,
            nanos[(int) (nanos.length * 0.99)] / 1e6));
  }

  private long[] echo(long seconds) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    long[] all =
        inParallel(ECHO_CONNECTIONS, () -> echoOne(deadline)).stream()
            .flatMapToLong(Arrays::stream)
            .toArray();
    Arrays.sort(all);
    return all;
  }

  private long[] echoOne(long deadline) throws IOException {
    ByteBuffer frame = BareClient.binary(ECHO);
    var into = ByteBuffer.allocateDirect(4096);
    long[] nanos = new long[200_000];
    int count = 0;
    try (var client = new BareClient(server.port(), transport, 0)) {
      for (long before = System.nanoTime();
          before < deadline && count < nanos.length;
          before = System.nanoTime()) {
        client.write(frame.rewind());
        client.await(ECHO + 4, into);
        nanos[count++] = System.nanoTime() - before;
      }
    }
    return Arrays.copyOf(nanos, count);
  }

  Line fanOut() throws Exception {
    try (Selector selector = Selector.open();
        var publisher = new BareClient(server.port(), transport, 0)) {
      List<BareClient> members = new ArrayList<>();
      var into = ByteBuffer.allocateDirect(64 * 1024);
      for (int i = 0; i < MEMBERS; i++) {
        var member = new BareClient(server.port(), transport, 0);
        member.write(BareClient.text("join"));
        member.await("joined".length() + 2, into);
        member.channel.configureBlocking(false);
        member.channel.register(selector, SelectionKey.OP_READ);
        members.add(member);
      }
      fanOut(publisher, selector, into, FAN_OUT_SECONDS);
      double cpu = cpuSeconds();
      long deliveries = fanOut(publisher, selector, into, FAN_OUT_SECONDS);
      cpu = cpuSeconds() - cpu;
      for (BareClient member : members) {
        member.close();
      }
      return new Line(
          "fan-out of 600 B to 1,000 connections",
          Line.rate((double) deliveries / FAN_OUT_SECONDS),
          perThousand(cpu, deliveries),
          "");
    }
  }

  /** Publishes again whenever nearly everything published before has arrived. */
  private static long fanOut(BareClient publisher, Selector selector, ByteBuffer into, long seconds)
      throws IOException {
    ByteBuffer publish = BareClient.text("publish 1 " + PAYLOAD);
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    long published = 0;
    long bytes = 0;
    long inTime = 0;
    boolean over = false;
    while (!over || bytes < published * MEMBERS * STREAM_FRAME) {
      while (!over && published * MEMBERS - bytes / STREAM_FRAME <= (WINDOW - 1) * MEMBERS) {
        publisher.write(publish.rewind());
        published++;
      }
      selector.select(100);
      for (SelectionKey key : selector.selectedKeys()) {
        int count = ((SocketChannel) key.channel()).read(into.clear());
        if (count < 0) {
          throw new IOException("closed");
        }
        bytes += count;
      }
      selector.selectedKeys().clear();
      if (!over && System.nanoTime() >= deadline) {
        over = true;
        inTime = bytes / STREAM_FRAME;
      }
    }
    return inTime;
  }

  Line idle() throws Exception {
    long before = LiveHeap.bytes(server.pid());
    List<BareClient> clients = new ArrayList<>();
    for (int i = 0; i < IDLE; i++) {
      clients.add(new BareClient(server.port(), transport, 4096));
    }
    long each = (LiveHeap.bytes(server.pid()) - before) / IDLE;
    for (BareClient client : clients) {
      client.close();
    }
    return new Line(
        "live heap of an idle connection",
        String.format(Locale.ROOT, "%,d B", each),
        "",
        IDLE + " connections");
  }

  /** The standard transport of Payara cannot do this: its queues grow until the heap is full. */
  Line stalled() throws Exception {
    try {
      return stalledOnes();
    } catch (IOException e) {
      return new Line(
          STALLED + " that never read", "server fails", "", String.valueOf(e.getMessage()));
    }
  }

  private Line stalledOnes() throws Exception {
    long before = LiveHeap.bytes(server.pid());
    List<BareClient> clients = new ArrayList<>();
    for (int i = 0; i < STALLED; i++) {
      var client = new BareClient(server.port(), transport, 4096);
      client.write(BareClient.text("stream 2000000000 " + PAYLOAD));
      clients.add(client);
    }
    TimeUnit.SECONDS.sleep(10);
    long first = LiveHeap.bytes(server.pid()) - before;
    TimeUnit.SECONDS.sleep(10);
    long later = LiveHeap.bytes(server.pid()) - before;
    double cpu = cpuSeconds();
    long[] nanos = echo(ECHO_SECONDS);
    cpu = cpuSeconds() - cpu;
    for (BareClient client : clients) {
      client.close();
    }
    return new Line(
        STALLED + " that never read: live heap after 10 s, 20 s",
        String.format(Locale.ROOT, "%,d kB, %,d kB", first / 1000, later / 1000),
        perThousand(cpu, nanos.length),
        String.format(
            Locale.ROOT,
            "echo beside them %,d/s, p99 %.2f ms",
            nanos.length / ECHO_SECONDS,
            nanos[(int) (nanos.length * 0.99)] / 1e6));
  }

  private static <T> List<T> inParallel(int threads, Callable<T> task) throws Exception {
    try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      List<Future<T>> running = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        running.add(executor.submit(task));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> each : running) {
        results.add(each.get(2, TimeUnit.MINUTES));
      }
      return results;
    }
  }

  private double cpuSeconds() throws IOException {
    String stat = Files.readString(Path.of("/proc", Long.toString(server.pid()), "stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
  }

  private static String perThousand(double cpuSeconds, long count) {
    return String.format(Locale.ROOT, "%.2f ms per 1,000", cpuSeconds * 1e6 / count);
  }
}
