package dev.betterbase.sync.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The limit of a fan-out: a thread that writes one small message to each of many bare sockets, and
 * one that reads them as the load client does, in one process with nothing between them.
 */
final class FanOutLimit implements AutoCloseable {
  /** A push of one record of 512 bytes, as a subscriber gets it. */
  private static final int MESSAGE = 660;

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final List<SocketChannel> writers = new ArrayList<>();
  private final List<SocketChannel> readers = new ArrayList<>();
  private final Selector selector = Selector.open();
  private final ByteBuffer in = ByteBuffer.allocateDirect(64 * 1024);

  /** The bytes still to come of the current rounds; negative if one has come too early. */
  private long missing;

  private FanOutLimit(int size) throws IOException {
    try (ServerSocketChannel server = ServerSocketChannel.open()) {
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 128);
      for (int i = 0; i < size; i++) {
        SocketChannel reader = SocketChannel.open(server.getLocalAddress());
        readers.add(reader);
        reader.configureBlocking(false);
        reader.register(selector, SelectionKey.OP_READ);
        SocketChannel writer = server.accept();
        writer.setOption(StandardSocketOptions.TCP_NODELAY, true);
        writers.add(writer);
      }
    }
  }

  /** Measures from the first write to the last read, at a fixed rate for some time. */
  static Latencies measure(int size, int aSecond, Duration time) throws Exception {
    try (var limit = new FanOutLimit(size)) {
      limit.rounds(aSecond, time);
      return limit.rounds(aSecond, time);
    }
  }

  /**
   * Writes as fast as the reader reads, for some time.
   *
   * @param window the most rounds that may be under way
   * @return what was written and read, with the CPU time of the writing thread as the server's
   */
  static Most most(int size, int window, Duration time) throws Exception {
    try (var limit = new FanOutLimit(size)) {
      limit.most(window, time);
      return limit.most(window, time);
    }
  }

  /** Rounds that were written and read, and what they cost. */
  record Most(long writes, Usage usage) {}

  private Most most(int window, Duration time) throws Exception {
    var free = new Semaphore(window);
    var ended = new AtomicBoolean();
    var server = new CompletableFuture<Double>();
    Thread writing =
        Thread.ofPlatform()
            .start(
                () -> {
                  free.acquireUninterruptibly();
                  while (!ended.get()) {
                    write();
                    free.acquireUninterruptibly();
                  }
                  server.complete(THREADS.getCurrentThreadCpuTime() / 1e9);
                });
    double before = THREADS.getCurrentThreadCpuTime() / 1e9;
    long start = System.nanoTime();
    int allowed = window;
    int rounds = 0;
    while (rounds < allowed) {
      read();
      rounds++;
      if (System.nanoTime() - start < time.toNanos()) {
        allowed++;
        free.release();
      }
    }
    double wall = (System.nanoTime() - start) / 1e9;
    double client = THREADS.getCurrentThreadCpuTime() / 1e9 - before;
    ended.set(true);
    free.release();
    writing.join();
    return new Most((long) rounds * readers.size(), new Usage(wall, server.get(), 0, client));
  }

  private Latencies rounds(int aSecond, Duration time) throws Exception {
    long pause = 1_000_000_000L / aSecond;
    int rounds = Math.toIntExact(time.toNanos() / pause);
    var begun = new AtomicLongArray(rounds);
    long start = System.nanoTime();
    Thread writing =
        Thread.ofPlatform()
            .start(
                () -> {
                  for (int i = 0; i < rounds; i++) {
                    await(start + i * pause);
                    begun.set(i, System.nanoTime());
                    write();
                  }
                });
    var latencies = new Latencies();
    for (int i = 0; i < rounds; i++) {
      read();
      latencies.add(System.nanoTime() - begun.get(i));
    }
    writing.join();
    return latencies;
  }

  private static void await(long at) {
    while (System.nanoTime() < at) {
      Thread.onSpinWait();
    }
  }

  private void write() {
    ByteBuffer message = ByteBuffer.allocateDirect(MESSAGE);
    try {
      for (SocketChannel writer : writers) {
        writer.write(message.rewind());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void read() throws IOException {
    missing += (long) readers.size() * MESSAGE;
    while (missing > 0) {
      if (selector.select(10_000) == 0) {
        throw new IOException("nothing to read for 10 s");
      }
      for (SelectionKey key : selector.selectedKeys()) {
        missing -= ((SocketChannel) key.channel()).read(in.clear());
      }
      selector.selectedKeys().clear();
    }
  }

  @Override
  public void close() throws IOException {
    selector.close();
    for (SocketChannel each : writers) {
      each.close();
    }
    for (SocketChannel each : readers) {
      each.close();
    }
  }
}
