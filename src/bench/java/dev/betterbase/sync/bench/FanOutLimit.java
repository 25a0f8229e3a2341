package dev.betterbase.sync.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
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
import java.util.concurrent.atomic.AtomicLong;

/**
 * The limit of a fan-out: a thread that writes one small message to each of many bare sockets, and
 * one that reads them as the load client does, in one process with nothing between them.
 */
final class FanOutLimit implements AutoCloseable {
  /** A push of one record of 512 bytes, as a subscriber gets it. */
  private static final int MESSAGE = 660;

  private final List<SocketChannel> writers = new ArrayList<>();
  private final List<SocketChannel> readers = new ArrayList<>();
  private final Selector selector = Selector.open();
  private final ByteBuffer in = ByteBuffer.allocateDirect(64 * 1024);

  /** When the round in hand began, in nanoseconds. */
  private final AtomicLong begun = new AtomicLong();

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

  /** From the first write to the last reading, so often a second for some time. */
  static Latencies measure(int size, int aSecond, Duration time) throws Exception {
    try (var limit = new FanOutLimit(size)) {
      limit.rounds(aSecond, time);
      return limit.rounds(aSecond, time);
    }
  }

  private Latencies rounds(int aSecond, Duration time) throws Exception {
    long pause = 1_000_000_000L / aSecond;
    long rounds = time.toNanos() / pause;
    long start = System.nanoTime();
    Thread writing =
        Thread.ofPlatform()
            .start(
                () -> {
                  for (long i = 0; i < rounds; i++) {
                    write(start + i * pause);
                  }
                });
    var latencies = new Latencies();
    for (long i = 0; i < rounds; i++) {
      read();
      latencies.add(System.nanoTime() - begun.get());
    }
    writing.join();
    return latencies;
  }

  private void write(long at) {
    ByteBuffer message = ByteBuffer.allocateDirect(MESSAGE);
    try {
      while (System.nanoTime() < at) {
        Thread.onSpinWait();
      }
      begun.set(System.nanoTime());
      for (SocketChannel writer : writers) {
        writer.write(message.rewind());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void read() throws IOException {
    long missing = (long) readers.size() * MESSAGE;
    while (missing > 0) {
      selector.select();
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
