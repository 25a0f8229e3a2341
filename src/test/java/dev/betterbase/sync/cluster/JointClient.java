package dev.betterbase.sync.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.WireClient;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/**
 * A client that comes back when its connection ends, as an app does, until it has done its work.
 * Any other failure ends it.
 */
abstract class JointClient implements Callable<Void> {
  /** The error while the database of a space is away. */
  static final String AWAY = "internal";

  private final IntSupplier port;
  private final Member member;
  private final Duration pause;

  /**
   * @param port on loopback, asked for each connection
   * @param pause between two connections
   */
  JointClient(IntSupplier port, Member member, Duration pause) {
    this.port = port;
    this.member = member;
    this.pause = pause;
  }

  final Member member() {
    return member;
  }

  abstract boolean isDone();

  /** Works on a connection until it ends, or for a while. */
  abstract void work(WireClient client);

  @Override
  public final Void call() {
    while (!isDone()) {
      connect().ifPresent(this::workUntilCut);
      pause();
    }
    return null;
  }

  private Optional<WireClient> connect() {
    try {
      return Optional.of(WireClient.open(port.getAsInt()).authenticate(member.token()));
    } catch (UncheckedIOException | AssertionError refused) {
      // The proxy has not noticed yet that a server is gone, or the server is about to stop.
      return Optional.empty();
    }
  }

  private void workUntilCut(WireClient client) {
    try (client) {
      work(client);
    } catch (WireClient.Refused refused) {
      assertThat(refused.code()).isEqualTo(AWAY);
    } catch (WireClient.Lost | UncheckedIOException cut) {
      // It connects again.
    }
  }

  final void pause() {
    try {
      TimeUnit.NANOSECONDS.sleep(pause.toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
