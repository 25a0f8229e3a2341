package dev.betterbase.sync.rpc;

import dev.betterbase.sync.protocol.CborReader;
import java.util.Set;

/**
 * A method of the protocol. Each is one class of its feature, an application-scoped bean; the
 * dispatcher finds them all and knows none by name. It is a {@link RequestHandler}, a {@link
 * StreamHandler} or a {@link NotificationHandler}; not sealed, since CDI makes proxies that
 * implement the interfaces of a bean.
 *
 * @param <P> its params, validated when made
 */
public interface RpcHandler<P> {

  /** The names that clients call it by. */
  Set<String> methods();

  /**
   * Reads the params.
   *
   * @throws dev.betterbase.sync.protocol.InvalidParams where they cannot be decoded
   */
  P read(CborReader reader);
}
