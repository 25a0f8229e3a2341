package dev.betterbase.sync.cluster;

import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WebSocketWire.Incoming;
import dev.betterbase.sync.testing.WireClient;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/** Connections to one node that are subscribed to a space, and count what they get. */
final class Listeners implements AutoCloseable {
  private static final Duration STEP = Duration.ofMillis(100);

  private final List<WireClient> clients;
  private final List<Thread> threads;
  private final AtomicLong frames = new AtomicLong();
  private volatile boolean closed;

  Listeners(ServerProcess node, TestUser user, int number) {
    clients = Stream.generate(() -> subscribed(node, user)).limit(number).toList();
    threads =
        clients.stream().map(client -> Thread.ofVirtual().start(() -> count(client))).toList();
  }

  private static WireClient subscribed(ServerProcess node, TestUser user) {
    WireClient client = WireClient.open(node.port()).authenticate(user.withOwnMailbox().token());
    client.request("subscribe", Requests.subscribe(user.personalSpace(), 0)).ok();
    return client;
  }

  private void count(WireClient client) {
    while (!closed) {
      if (client.wire().read(STEP).filter(Incoming.Binary.class::isInstance).isPresent()) {
        frames.incrementAndGet();
      }
    }
  }

  /** The frames that all of them have got. */
  long frames() {
    return frames.get();
  }

  @Override
  public void close() {
    closed = true;
    for (Thread thread : threads) {
      try {
        thread.join(Duration.ofSeconds(30));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
    clients.forEach(WireClient::close);
  }
}
