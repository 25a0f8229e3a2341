package dev.betterbase.sync.listener;

import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A network listener of Payara that is open, and the probes that Grizzly, its HTTP library, lets
 * one add to it.
 *
 * <p>It uses reflection, because this program is not compiled against those classes of the server.
 */
final class Listener {
  /** Payara's listener for administrators. */
  private static final String ADMIN = "admin-listener";

  static final String HTTP_FILTER = "org.glassfish.grizzly.http.HttpServerFilter";

  private static final String TYPE = "org.glassfish.grizzly.config.GenericGrizzlyListener";

  private final ClassLoader server;
  private final Object underlying;
  private final List<Added> added = new ArrayList<>();
  private final List<Object> connectionProbes = new ArrayList<>();

  /** A probe, and the object to which it was added. */
  private record Added(Object monitoring, Object probes) {}

  private Listener(ClassLoader server, Object underlying) {
    this.server = server;
    this.underlying = underlying;
  }

  /** The work of a probe on an event. */
  interface Probe {
    /**
     * Handles an event; those that it does not know are not for it.
     *
     * @param event the name of the method of Grizzly's interface
     */
    void on(String event, Object[] arguments) throws ReflectiveOperationException;
  }

  /**
   * Finds the listeners for HTTP that are open, but for that of administrators.
   *
   * @param server finds the classes of the server
   */
  static List<Listener> open(ClassLoader server) throws ReflectiveOperationException {
    Class<?> serviceType = type(server, "com.sun.enterprise.v3.services.impl.GrizzlyService");
    Class<?> proxyType = type(server, "com.sun.enterprise.v3.services.impl.GrizzlyProxy");
    Class<?> listenerType = type(server, TYPE);
    Method underlying = proxyType.getMethod("getUnderlyingListener");
    Method name = listenerType.getMethod("getName");
    Object service =
        type(server, "org.glassfish.internal.api.Globals")
            .getMethod("get", Class.class)
            .invoke(null, serviceType);
    Field proxies = serviceType.getDeclaredField("proxies");
    proxies.setAccessible(true);
    List<Listener> open = new ArrayList<>();
    for (Object proxy : (Collection<?>) proxies.get(service)) {
      if (proxyType.isInstance(proxy)) {
        Object each = underlying.invoke(proxy);
        if (listenerType.isInstance(each) && !ADMIN.equals(name.invoke(each))) {
          var listener = new Listener(server, each);
          // Those of IIOP are listeners as well.
          if (!listener.httpFilters().isEmpty()) {
            open.add(listener);
          }
        }
      }
    }
    return open;
  }

  /** Whether clients may choose HTTP/2 on it. */
  boolean speaksHttp2() throws ReflectiveOperationException {
    return !filters(type("org.glassfish.grizzly.http2.Http2ServerFilter")).isEmpty();
  }

  /** The filters that parse requests. */
  List<?> httpFilters() throws ReflectiveOperationException {
    return filters(type(HTTP_FILTER));
  }

  private List<?> filters(Class<?> type) throws ReflectiveOperationException {
    return (List<?>) underlyingType().getMethod("getFilters", Class.class).invoke(underlying, type);
  }

  /** Adds a probe of {@code HttpServerProbe} to all filters that answer requests. */
  void addRequestProbe(Probe probe) throws ReflectiveOperationException {
    addToFilters(
        "org.glassfish.grizzly.http.server.HttpServerFilter",
        "org.glassfish.grizzly.http.server.HttpServerProbe",
        probe);
  }

  private void addToFilters(String filter, String probeType, Probe probe)
      throws ReflectiveOperationException {
    Class<?> filterType = type(filter);
    List<?> filters = filters(filterType);
    if (filters.isEmpty()) {
      throw new ClassNotFoundException("the listener has no " + filter);
    }
    Method monitoring = filterType.getMethod("getMonitoringConfig");
    for (Object each : filters) {
      add(monitoring.invoke(each), probeType, probe);
    }
  }

  /**
   * Adds a probe of {@code HttpProbe} to all filters that parse requests. If it throws while it
   * handles {@code onHeaderParseEvent}, the server answers 400 and ends the connection.
   */
  void addCodecProbe(Probe probe) throws ReflectiveOperationException {
    addToFilters(HTTP_FILTER, "org.glassfish.grizzly.http.HttpProbe", probe);
  }

  /** Adds a probe of {@code ConnectionProbe}, which sees the connections that come from now on. */
  void addConnectionProbe(Probe probe) throws ReflectiveOperationException {
    String probeType = "org.glassfish.grizzly.ConnectionProbe";
    Object transport = underlyingType().getMethod("getTransport").invoke(underlying);
    connectionProbes.add(
        add(
            type("org.glassfish.grizzly.Transport")
                .getMethod("getConnectionMonitoringConfig")
                .invoke(transport),
            probeType,
            probe));
    // Those who accept connections were made before, and have the probes of that time.
    Field accepting = transport.getClass().getDeclaredField("serverConnections");
    accepting.setAccessible(true);
    for (Object connection : (Collection<?>) accepting.get(transport)) {
      connectionProbes.add(add(monitoringOf(connection), probeType, probe));
    }
  }

  private Object monitoringOf(Object connection) throws ReflectiveOperationException {
    return type("org.glassfish.grizzly.nio.NIOConnection")
        .getMethod("getMonitoringConfig")
        .invoke(connection);
  }

  /** Removes all probes, except from connections that are open. */
  void removeProbes() throws ReflectiveOperationException {
    for (Added each : added) {
      remove(each.monitoring(), each.probes());
    }
    added.clear();
  }

  /** Removes the probes that an open connection has from this listener, if it has any. */
  void removeProbes(Object connection) throws ReflectiveOperationException {
    for (Object probes : connectionProbes) {
      remove(monitoringOf(connection), probes);
    }
  }

  private void remove(Object monitoring, Object probes) throws ReflectiveOperationException {
    type("org.glassfish.grizzly.monitoring.MonitoringConfig")
        .getMethod("removeProbes", Object[].class)
        .invoke(monitoring, probes);
  }

  /** Adds a probe; returns it in an array, as the server takes it. */
  private Object add(Object monitoring, String probeType, Probe probe)
      throws ReflectiveOperationException {
    Class<?> type = type(probeType);
    Object proxy =
        Proxy.newProxyInstance(
            server,
            new Class<?>[] {type},
            (self, method, arguments) -> {
              if (method.getDeclaringClass() == type) {
                probe.on(method.getName(), arguments);
              }
              return answerAsObject(self, method, arguments);
            });
    Object probes = Array.newInstance(type, 1);
    Array.set(probes, 0, proxy);
    type("org.glassfish.grizzly.monitoring.MonitoringConfig")
        .getMethod("addProbes", Object[].class)
        .invoke(monitoring, probes);
    added.add(new Added(monitoring, probes));
    return probes;
  }

  /** Answers the methods of Object, which the server needs because it keeps probes in a set. */
  private static @Nullable Object answerAsObject(
      Object self, Method method, @Nullable Object @Nullable [] arguments) {
    return switch (method.getName()) {
      case "hashCode" -> System.identityHashCode(self);
      case "equals" -> arguments != null && self == arguments[0];
      case "toString" -> Probe.class.getSimpleName();
      default -> null;
    };
  }

  private Class<?> underlyingType() throws ClassNotFoundException {
    return type(TYPE);
  }

  /** A class of the server. */
  Class<?> type(String name) throws ClassNotFoundException {
    return type(server, name);
  }

  private static Class<?> type(ClassLoader server, String name) throws ClassNotFoundException {
    return Class.forName(name, false, server);
  }
}
