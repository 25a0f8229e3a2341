package dev.betterbase.sync.launcher.payara;

import fish.payara.micro.PayaraMicroRuntime;
import java.lang.annotation.Annotation;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A network listener of the server that is enabled, and the probes that Grizzly, the server's HTTP
 * library, lets one add to it.
 *
 * <p>It uses reflection, because the launcher is not compiled against those classes of the server.
 * The server is in the same jar. If a new version lacks one of the classes, the start fails, and so
 * do the tests.
 */
final class Listener {
  private static final Annotation[] ANY = {};

  private final ClassLoader server;
  private final Object underlying;

  private Listener(ClassLoader server, Object underlying) {
    this.server = server;
    this.underlying = underlying;
  }

  /** What a probe does with an event. */
  interface Probe {
    /**
     * Handles an event; those that it does not know are not for it.
     *
     * @param event the name of the method of Grizzly's interface
     */
    void on(String event, Object[] arguments) throws ReflectiveOperationException;
  }

  /**
   * Finds a listener.
   *
   * @param name the name of a network listener that is enabled
   */
  static Listener named(PayaraMicroRuntime runtime, String name)
      throws ReflectiveOperationException {
    ClassLoader server = runtime.getClass().getClassLoader();
    Class<?> listenerType = type(server, "org.glassfish.grizzly.config.dom.NetworkListener");
    Class<?> serviceType = type(server, "com.sun.enterprise.v3.services.impl.GrizzlyService");
    Object locator =
        type(server, "org.glassfish.internal.api.Globals")
            .getMethod("getDefaultHabitat")
            .invoke(null);
    Method service =
        type(server, "org.glassfish.hk2.api.ServiceLocator")
            .getMethod("getService", Class.class, String.class, Annotation[].class);
    Object listener = service.invoke(locator, listenerType, name, ANY);
    Object proxy =
        serviceType
            .getMethod("lookupNetworkProxy", listenerType)
            .invoke(service.invoke(locator, serviceType, null, ANY), listener);
    return new Listener(
        server,
        type(server, "com.sun.enterprise.v3.services.impl.GrizzlyProxy")
            .getMethod("getUnderlyingListener")
            .invoke(proxy));
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
    List<?> filters =
        (List<?>)
            underlyingType().getMethod("getFilters", Class.class).invoke(underlying, filterType);
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
    addToFilters(
        "org.glassfish.grizzly.http.HttpServerFilter",
        "org.glassfish.grizzly.http.HttpProbe",
        probe);
  }

  /** Adds a probe of {@code ConnectionProbe}, which sees the connections that come from now on. */
  void addConnectionProbe(Probe probe) throws ReflectiveOperationException {
    String probeType = "org.glassfish.grizzly.ConnectionProbe";
    Object transport = underlyingType().getMethod("getTransport").invoke(underlying);
    add(
        type("org.glassfish.grizzly.Transport")
            .getMethod("getConnectionMonitoringConfig")
            .invoke(transport),
        probeType,
        probe);
    // Those who accept connections were made before, and have the probes of that time.
    Field accepting = transport.getClass().getDeclaredField("serverConnections");
    accepting.setAccessible(true);
    Method monitoring =
        type("org.glassfish.grizzly.nio.NIOConnection").getMethod("getMonitoringConfig");
    for (Object connection : (Collection<?>) accepting.get(transport)) {
      add(monitoring.invoke(connection), probeType, probe);
    }
  }

  private void add(Object monitoring, String probeType, Probe probe)
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
    return type("org.glassfish.grizzly.config.GenericGrizzlyListener");
  }

  /** A class of the server. */
  Class<?> type(String name) throws ClassNotFoundException {
    return type(server, name);
  }

  private static Class<?> type(ClassLoader server, String name) throws ClassNotFoundException {
    return Class.forName(name, false, server);
  }
}
