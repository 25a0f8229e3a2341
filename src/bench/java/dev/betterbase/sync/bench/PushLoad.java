package dev.betterbase.sync.bench;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.List;

/** Connections that each push again and again, all driven by the calling thread. */
final class PushLoad implements AutoCloseable {
  private static final Duration LONGEST = Duration.ofSeconds(30);

  private final List<Pusher> pushers;
  private final Selector selector;

  PushLoad(List<Pusher> pushers) throws IOException {
    this.pushers = pushers;
    this.selector = Selector.open();
    for (Pusher pusher : pushers) {
      pusher.socket().register(selector, pusher);
    }
  }

  /** The times from sending a push to its reply, for all pushes that were answered. */
  Latencies run(Duration time) throws IOException {
    Latencies latencies = new Latencies();
    long end = System.nanoTime() + time.toNanos();
    for (Pusher pusher : pushers) {
      pusher.push();
    }
    int underWay = pushers.size();
    while (underWay > 0) {
      if (selector.select(LONGEST.toMillis()) == 0) {
        throw new IOException("a push is not answered");
      }
      for (SelectionKey key : selector.selectedKeys()) {
        Pusher pusher = (Pusher) key.attachment();
        pusher
            .socket()
            .receive(
                reply -> {
                  long now = System.nanoTime();
                  if (now < end) {
                    latencies.add(now - pusher.sentAt());
                  }
                  pusher.pushed(reply);
                });
        if (pusher.sentAt() == 0) {
          if (System.nanoTime() < end) {
            pusher.push();
          } else {
            underWay--;
          }
        }
      }
      selector.selectedKeys().clear();
    }
    return latencies;
  }

  @Override
  public void close() throws IOException {
    selector.close();
    for (Pusher pusher : pushers) {
      pusher.close();
    }
  }
}
