package dev.betterbase.sync.listener;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Lets go of connections that have ended. Grizzly keeps each connection on which a request was
 * answered until its keep-alive time of 30 s is over, also if the client ends it at once: 3 kB for
 * each. A client that connects a few thousand times a second would fill a heap of 256 MB.
 */
final class EndedConnections {
  /** The connections of each filter that may be kept alive, in the form of Grizzly. */
  private final List<Map<?, ?>> kept = new ArrayList<>();

  private final Field connection;
  private final Method isOpen;

  /**
   * @param listeners one or more
   */
  EndedConnections(List<Listener> listeners) throws ReflectiveOperationException {
    Listener any = listeners.getFirst();
    this.connection =
        accessible(any.type(Listener.HTTP_FILTER + "$KeepAliveContext"), "connection");
    this.isOpen = any.type("org.glassfish.grizzly.Connection").getMethod("isOpen");
    Field queue = accessible(any.type(Listener.HTTP_FILTER), "keepAliveQueue");
    Field entries =
        accessible(any.type("org.glassfish.grizzly.utils.DelayedExecutor$DelayQueue"), "queue");
    for (Listener listener : listeners) {
      for (Object filter : listener.httpFilters()) {
        Object keptByFilter = queue.get(filter);
        if (keptByFilter != null) {
          kept.add((Map<?, ?>) entries.get(keptByFilter));
        }
      }
    }
  }

  private static Field accessible(Class<?> type, String name) throws NoSuchFieldException {
    Field field = type.getDeclaredField(name);
    field.setAccessible(true);
    return field;
  }

  /** Lets go of those that have ended by now; to be called about once a second. */
  void letGo() throws ReflectiveOperationException {
    for (Map<?, ?> connections : kept) {
      // Grizzly's map is a concurrent one.
      for (Iterator<?> each = connections.keySet().iterator(); each.hasNext(); ) {
        if (!(boolean) isOpen.invoke(connection.get(each.next()))) {
          each.remove();
        }
      }
    }
  }
}
