package dev.betterbase.sync.rpc.method;

import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Something that each connection has one of: made on its first use, forgotten at its end. A
 * connection's own is made by one thread at a time, for its requests come one after another.
 *
 * @param <T> the type of the value
 */
public final class ConnectionLocal<T> {
  private final ConcurrentHashMap<Connection, T> values = new ConcurrentHashMap<>();
  private final Supplier<T> first;

  /**
   * @param first makes a connection's own
   */
  public ConnectionLocal(Supplier<T> first) {
    this.first = first;
  }

  /** The connection's own. */
  public T of(Connection connection) {
    T present = values.get(connection);
    if (present != null) {
      return present;
    }
    T made = first.get();
    values.put(connection, made);
    connection.onEnd(() -> values.remove(connection));
    return made;
  }

  /** The connection's own, if it has one already. */
  public Optional<T> find(Connection connection) {
    return Optional.ofNullable(values.get(connection));
  }
}
