package dev.betterbase.sync.rpc.method;

import dev.betterbase.sync.protocol.CborReader;
import java.util.Set;

/**
 * A method of the protocol. Each is one class of its feature, an application-scoped bean; the
 * dispatcher finds them all and knows none by name. It is a {@link RequestHandler}, a {@link
 * StreamHandler}, a {@link CallHandler} or a {@link NotificationHandler}. This interface is not
 * sealed, because CDI makes proxies that implement the interfaces of a bean.
 *
 * @param <P> its params, validated when made
 */
public interface RpcHandler<P> {

  /** The names that it is called by. */
  Set<String> methods();

  /** The kinds of callers. */
  enum Callers {
    CLIENTS,
    PEERS,
    ALL;

    public boolean include(Callers kind) {
      return this == ALL || this == kind;
    }
  }

  /** The kind of caller that may call it: clients, unless the method says otherwise. */
  default Callers callers() {
    return Callers.CLIENTS;
  }

  /**
   * Reads the params.
   *
   * @throws dev.betterbase.sync.protocol.Failure.InvalidParams if they cannot be decoded
   */
  P read(CborReader reader);
}
