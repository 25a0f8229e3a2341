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
 * Makes the server answer 400 to a request target that it cannot decode, such as {@code /%}. Payara
 * alone answers an empty 200, because it fails before any filter or valve runs. This class sets the
 * status earlier, in a probe of Payara's HTTP library, and nothing overwrites it.
 *
 * <p>It uses reflection, because the launcher is not compiled against those classes of the server.
 * The server is in the same jar. If a new version lacks one of the classes, the start fails, and so
 * do the tests.
 */
final class MalformedTargets {

  /**
   * A percent sign without two hex digits after it; or a dot segment at the end, for which the
   * server's normalization may read past the end of its buffer.
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
   * @param listener the name of a network listener that is enabled
   */
  static void refuse(PayaraMicroRuntime runtime, String listener) {
    try {
      new MalformedTargets(runtime.getClass().getClassLoader()).install(listener);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(
          "this version of Payara lacks a class that the launcher needs", e);
    }
  }

  /**
   * Whether the server may fail to decode a request target.
   *
   * @param target the request target without its query
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
              return answerAsObject(self, method, arguments);
            });
    Object probes = Array.newInstance(probeType, 1);
    Array.set(probes, 0, probe);
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
      case "toString" -> MalformedTargets.class.getSimpleName();
      default -> null;
    };
  }

  private Class<?> type(String name) throws ClassNotFoundException {
    return Class.forName(name, false, server);
  }
}
