package dev.betterbase.sync.rpc.method;

import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.Params;
import dev.betterbase.sync.protocol.SpaceId;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * The part of a line of the log about its request: the ids of the connection, the space and the
 * file, and the method. It names no person.
 *
 * <p>It is the last parameter of a log message. As text it reads {@code {connection=…, method=push,
 * space=…}}, or {@code {method=PUT, space=…, file=…}} for a request over HTTP. The JSON lines of
 * the jar have a member for each.
 */
public final class LogContext {
  private static final String METHOD = "method";
  private static final String SPACE = "space";
  private static final String FILE = "file";

  private LogContext() {}

  /** A line about a connection. */
  public static Map<String, String> of(Connection connection) {
    return Map.of("connection", connection.id());
  }

  /**
   * A line about a request.
   *
   * @param method the name of a method that exists
   */
  public static Map<String, String> of(Connection connection, String method) {
    return of(connection, method, Optional.empty());
  }

  /**
   * A line about a request, with its space if its params name one.
   *
   * @param method the name of a method that exists
   */
  public static Map<String, String> of(Connection connection, String method, Params params) {
    return of(connection, method, space(params));
  }

  private static Map<String, String> of(
      Connection connection, String method, Optional<SpaceId> space) {
    Map<String, String> context = new LinkedHashMap<>(of(connection));
    context.put(METHOD, method);
    space.ifPresent(id -> context.put(SPACE, id.toString()));
    return Collections.unmodifiableMap(context);
  }

  /**
   * A line about a request for a file.
   *
   * @param method of HTTP, a name that exists
   */
  public static Map<String, String> ofFile(String method, SpaceId space, UUID file) {
    Map<String, String> context = new LinkedHashMap<>();
    context.put(METHOD, method);
    context.putAll(ofFile(space, file));
    return Collections.unmodifiableMap(context);
  }

  /** A line about a file, outside of a request for it. */
  public static Map<String, String> ofFile(SpaceId space, UUID file) {
    Map<String, String> context = new LinkedHashMap<>();
    context.put(SPACE, space.toString());
    context.put(FILE, file.toString());
    return Collections.unmodifiableMap(context);
  }

  /** Only an id gets through: what else a client sent as the space stays out of the log. */
  private static Optional<SpaceId> space(Params params) {
    try {
      CborReader reader = params.reader();
      reader.beginMap();
      for (String key = reader.nextKey(); key != null; key = reader.nextKey()) {
        if (key.equals(SPACE)) {
          return SpaceId.parse(reader.text());
        }
        reader.skip();
      }
    } catch (Failure.InvalidParams e) {
      // Params without a space, or none.
    }
    return Optional.empty();
  }
}
