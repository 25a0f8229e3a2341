package dev.betterbase.sync.launcher.payara;

import fish.payara.micro.PayaraMicroRuntime;
import java.lang.annotation.Annotation;
import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Makes 400 of what Payara answers to a request target that cannot be decoded, such as {@code /%}:
 * an empty 200 (http.md asks for no 2xx). It fails there before any filter or valve, so the status
 * is set beforehand, by a probe of its HTTP library, and nothing overwrites it.
 *
 * <p>By reflection, since those classes are the server's own and no part of what the launcher is
 * compiled against. The server comes in the same jar, so what is looked for is there, or the start
 * fails and a test says so.
 */
final class MalformedTargets {

  /**
   * A percent sign that two hex digits do not follow; or a dot segment at the end, where the
   * server's normalising may read behind its buffer.
   */
  private static final Pattern MALFORMED =
      Pattern.compile("%(?![0-9A-Fa-f]{2})|/(?:\\.|%2[Ee]){1,2}$");

  private static final Annotation[] ANY = {};
  private static final int BAD_REQUEST = 400;

  private final ClassLoader server;

  private MalformedTargets(ClassLoader server) {
    this.server = server;
  }

  /**
   * Installs the probe.
   *
   * @param listener the name of the network listener, which must be enabled
   */
  static void refuse(PayaraMicroRuntime runtime, String listener) {
    try {
      new MalformedTargets(runtime.getClass().getClassLoader()).install(listener);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this server is not the one it was built for", e);
    }
  }

  /**
   * Whether the server may fail at it.
   *
   * @param target without its query
   */
  static boolean isMalformed(String target) {
    return MALFORMED.matcher(target).find();
  }

  private void install(String name) throws ReflectiveOperationException {
    Class<?> listenerType = type("org.glassfish.grizzly.config.dom.NetworkListener");
    Class<?> serviceType = type("com.sun.enterprise.v3.services.impl.GrizzlyService");
    Class<?> filterType = type("org.glassfish.grizzly.http.server.HttpServerFilter");
    Object locator =
        type("org.glassfish.internal.api.Globals").getMethod("getDefaultHabitat").invoke(null);
    Method named =
        type("org.glassfish.hk2.api.ServiceLocator")
            .getMethod("getService", Class.class, String.class, Annotation[].class);
    Object listener = named.invoke(locator, listenerType, name, ANY);
    Object service = named.invoke(locator, serviceType, null, ANY);
    Object proxy =
        serviceType.getMethod("lookupNetworkProxy", listenerType).invoke(service, listener);
    Object underlying =
        type("com.sun.enterprise.v3.services.impl.GrizzlyProxy")
            .getMethod("getUnderlyingListener")
            .invoke(proxy);
    List<?> filters =
        (List<?>)
            type("org.glassfish.grizzly.config.GenericGrizzlyListener")
                .getMethod("getFilters", Class.class)
                .invoke(underlying, filterType);
    for (Object filter : filters) {
      addProbe(filterType.getMethod("getMonitoringConfig").invoke(filter));
    }
  }

  private void addProbe(Object monitoring) throws ReflectiveOperationException {
    Class<?> probeType = type("org.glassfish.grizzly.http.server.HttpServerProbe");
    Method path = type("org.glassfish.grizzly.http.server.Request").getMethod("getRequestURI");
    Method response = type("org.glassfish.grizzly.http.server.Request").getMethod("getResponse");
    Method setStatus =
        type("org.glassfish.grizzly.http.server.Response").getMethod("setStatus", int.class);
    Object probe =
        Proxy.newProxyInstance(
            server,
            new Class<?>[] {probeType},
            (self, method, arguments) -> {
              if (method.getName().equals("onRequestReceiveEvent")) {
                Object request = arguments[2];
                if (isMalformed((String) path.invoke(request))) {
                  setStatus.invoke(response.invoke(request), BAD_REQUEST);
                }
              }
              return ofObject(self, method, arguments);
            });
    Object probes = Array.newInstance(probeType, 1);
    Array.set(probes, 0, probe);
    type("org.glassfish.grizzly.monitoring.MonitoringConfig")
        .getMethod("addProbes", Object[].class)
        .invoke(monitoring, probes);
  }

  /** The server keeps its probes in a set. */
  private static @Nullable Object ofObject(
      Object self, Method method, @Nullable Object @Nullable [] arguments) {
    return switch (method.getName()) {
      case "hashCode" -> System.identityHashCode(self);
      case "equals" -> arguments != null && self == arguments[0];
      case "toString" -> MalformedTargets.class.getSimpleName();
      default -> null;
    };
  }

  private Class<?> type(String name) throws ClassNotFoundException {
    return Class.forName(name, false, server);
  }
}
