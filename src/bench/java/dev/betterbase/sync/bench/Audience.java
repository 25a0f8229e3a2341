package dev.betterbase.sync.bench;

import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.TestUser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Connections that are subscribed to one space, and one that pushes to it. The calling thread
 * drives all of them. Every subscriber must get every push, whole and in order.
 *
 * <p>The space is the personal space of a person who has one mailbox for each connection, because
 * the cap on connections is by mailbox.
 */
final class Audience implements AutoCloseable {
  private static final int CAPACITY = 8_192;
  private static final int LONGEST_MILLIS = 30_000;
  private static final int MOST_UNDER_WAY = 1_024;

  private final List<RpcSocket> subscribers = new ArrayList<>();
  private final Selector selector = Selector.open();
  private final Pusher pusher;

  /** The number of pushes that each subscriber got. */
  private final long[] delivered;

  /**
   * When each push was sent, and the number of subscribers that it has still to reach. Ring
   * buffers, by the number of the push.
   */
  private final long[] sentAt = new long[MOST_UNDER_WAY];

  private final int[] missing = new int[MOST_UNDER_WAY];
  private long pushed;
  private long everywhere;
  private long deliveries;
  private Latencies latencies = new Latencies();

  Audience(BenchServer server, int size) throws IOException {
    TestUser user = server.server().newUser();
    for (int i = 0; i < size; i++) {
      RpcSocket socket = RpcSocket.open(server.port(), user.withOwnMailbox().token(), CAPACITY);
      socket.ask("subscribe", Requests.subscribe(user.personalSpace(), 0));
      socket.register(selector, i);
      subscribers.add(socket);
    }
    delivered = new long[size];
    RpcSocket socket = RpcSocket.open(server.port(), user.withOwnMailbox().token(), CAPACITY);
    pusher = Pusher.ofNew(socket, PushFrame.ofNew(Requests.map("space", user.personalSpace()), 1));
    socket.register(selector, pusher);
  }

  /** Deliveries so far. */
  long deliveries() {
    return deliveries;
  }

  /** The pushes that have not reached all subscribers. */
  long underWay() {
    return pushed - everywhere;
  }

  /** Whether the last push was answered. */
  boolean isAnswered() {
    return pusher.sentAt() == 0;
  }

  void push() throws IOException {
    if (underWay() == MOST_UNDER_WAY) {
      throw new IOException("pushes do not reach the subscribers any more");
    }
    pusher.push();
    int place = (int) (pushed++ % MOST_UNDER_WAY);
    sentAt[place] = pusher.sentAt();
    missing[place] = subscribers.size();
  }

  /** The times from sending a push to its last delivery, since the last call. */
  Latencies takeLatencies() {
    Latencies taken = latencies;
    latencies = new Latencies();
    return taken;
  }

  /** Handles what has come in; waits for it until the deadline. */
  void receiveUntil(long deadline) throws IOException {
    long nanos = deadline - System.nanoTime();
    // A selector counts in milliseconds; the rest of the time is waited for without it.
    if (nanos >= 1_000_000) {
      selector.select(nanos / 1_000_000);
    } else {
      selector.selectNow();
    }
    for (SelectionKey key : selector.selectedKeys()) {
      if (key.attachment() instanceof Integer number) {
        subscribers.get(number).receive(sync -> delivered(number, sync));
      } else {
        pusher.socket().receive(pusher::pushed);
      }
    }
    selector.selectedKeys().clear();
  }

  private void delivered(int number, ByteBuffer sync) throws IOException {
    // A marker in place of a push that found no room is shorter than the blob.
    if (sync.remaining() < PushFrame.BLOB) {
      throw new IOException("not a push but " + RpcSocket.decode(sync));
    }
    deliveries++;
    long push = delivered[number]++;
    if (push >= pushed) {
      throw new IOException("more was delivered than pushed");
    }
    int place = (int) (push % MOST_UNDER_WAY);
    if (--missing[place] == 0) {
      // Each subscriber gets them in order, so earlier ones have reached all.
      latencies.add(System.nanoTime() - sentAt[place]);
      everywhere++;
    }
  }

  /** Waits until all subscribers have all pushes. */
  void drain() throws IOException {
    long deadline = System.nanoTime() + LONGEST_MILLIS * 1_000_000L;
    while (underWay() > 0 || !isAnswered()) {
      if (System.nanoTime() > deadline) {
        throw new IOException(
            "of %,d pushes the slowest subscriber got %,d"
                .formatted(pushed, Arrays.stream(delivered).min().orElse(0)));
      }
      receiveUntil(System.nanoTime() + 100_000_000);
    }
  }

  @Override
  public void close() throws IOException {
    selector.close();
    pusher.close();
    for (RpcSocket subscriber : subscribers) {
      subscriber.close();
    }
  }
}
