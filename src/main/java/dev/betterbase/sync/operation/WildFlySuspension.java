package dev.betterbase.sync.operation;

import dev.betterbase.sync.rpc.RpcServer;
import jakarta.servlet.ServletContext;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * Has WildFly drain the connections before it is suspended, which is the first thing that it does
 * at SIGTERM. Otherwise it would close all WebSockets at once by itself. They are drained in the
 * first phase of a suspension, which ends before WildFly touches any of them.
 *
 * <p>It works by reflection, because these classes are the server's own. If a member is missing,
 * the log says so, and WildFly closes the WebSockets as it likes.
 */
final class WildFlySuspension implements AutoCloseable {
  private static final Logger LOG = System.getLogger(WildFlySuspension.class.getName());

  private static final String SUSPEND_CONTROLLER = "org.wildfly.server.suspend-controller";
  private static final String PACKAGE = "org.jboss.as.server.suspend.";

  private final Object controller;
  private final Class<?> controllers;

  private WildFlySuspension(Object controller, Class<?> controllers) {
    this.controller = controller;
    this.controllers = controllers;
  }

  /**
   * Watches for suspensions until it is closed.
   *
   * @return empty on another server, and where WildFly does not let itself be watched
   */
  static Optional<WildFlySuspension> watch(ServletContext context, RpcServer connections) {
    if (HostServer.of(context) != HostServer.WILDFLY) {
      return Optional.empty();
    }
    try {
      return Optional.of(install(serverClasses(), connections));
    } catch (ReflectiveOperationException | RuntimeException e) {
      LOG.log(
          Level.WARNING,
          "WildFly cannot be watched, and closes all WebSockets at once when it is suspended",
          e);
      return Optional.empty();
    }
  }

  /** The classes of a module that deployments do not see. */
  private static ClassLoader serverClasses() throws ReflectiveOperationException {
    ClassLoader ofModules = WildFlySuspension.class.getClassLoader().getClass().getClassLoader();
    Class<?> modules = Class.forName("org.jboss.modules.Module", true, ofModules);
    Class<?> loaders = Class.forName("org.jboss.modules.ModuleLoader", true, ofModules);
    Object loader = modules.getMethod("getBootModuleLoader").invoke(null);
    Object server =
        loaders.getMethod("loadModule", String.class).invoke(loader, "org.jboss.as.server");
    return (ClassLoader) modules.getMethod("getClassLoader").invoke(server);
  }

  /** Adds a service to the server that needs its suspend controller, and so gets it. */
  private static WildFlySuspension install(ClassLoader server, RpcServer connections)
      throws ReflectiveOperationException {
    Class<?> names = Class.forName("org.jboss.msc.service.ServiceName", true, server);
    Class<?> builders = Class.forName("org.jboss.msc.service.ServiceBuilder", true, server);
    Class<?> services = Class.forName("org.jboss.msc.Service", true, server);
    Object container =
        Class.forName("org.jboss.as.server.CurrentServiceContainer", true, server)
            .getMethod("getServiceContainer")
            .invoke(null);
    Object builder =
        Class.forName("org.jboss.msc.service.ServiceTarget", true, server)
            .getMethod("addService")
            .invoke(container);
    Object name = names.getMethod("parse", String.class).invoke(null, SUSPEND_CONTROLLER);
    Supplier<?> registry =
        (Supplier<?>) builders.getMethod("requires", names).invoke(builder, name);
    Object service = service(server, services, registry, connections);
    Object complete = builders.getMethod("setInstance", services).invoke(builder, service);
    return new WildFlySuspension(
        builders.getMethod("install").invoke(complete),
        Class.forName("org.jboss.msc.service.ServiceController", true, server));
  }

  /** A service that has the server know of our activity while it runs. */
  private static Object service(
      ClassLoader server, Class<?> services, Supplier<?> registry, RpcServer connections)
      throws ReflectiveOperationException {
    Class<?> activities = Class.forName(PACKAGE + "SuspendableActivity", true, server);
    Class<?> registries = Class.forName(PACKAGE + "SuspendableActivityRegistry", true, server);
    Method register = registries.getMethod("registerActivity", activities);
    Method unregister = registries.getMethod("unregisterActivity", activities);
    Object activity = activity(activities, connections);
    return Proxy.newProxyInstance(
        server,
        new Class<?>[] {services},
        (self, method, arguments) ->
            switch (method.getName()) {
              case "start" -> register.invoke(registry.get(), activity);
              case "stop" -> unregister.invoke(registry.get(), activity);
              default -> ofObject(self, method, arguments);
            });
  }

  /** What the server asks to prepare for a suspension, and to resume. */
  private static Object activity(Class<?> activities, RpcServer connections) {
    CompletionStage<?> done = CompletableFuture.completedStage(null);
    return Proxy.newProxyInstance(
        activities.getClassLoader(),
        new Class<?>[] {activities},
        (self, method, arguments) ->
            switch (method.getName()) {
              case "prepare" -> {
                connections.suspend();
                yield done;
              }
              case "suspend" -> done;
              case "resume" -> {
                connections.undrain();
                yield done;
              }
              default -> ofObject(self, method, arguments);
            });
  }

  private static Object ofObject(Object self, Method method, Object[] arguments) {
    return switch (method.getName()) {
      case "equals" -> self == arguments[0];
      case "hashCode" -> System.identityHashCode(self);
      case "toString" -> WildFlySuspension.class.getName();
      default -> throw new UnsupportedOperationException(method.toString());
    };
  }

  /** Watches no longer, so that WildFly keeps nothing of the deployment. */
  @Override
  public void close() {
    try {
      Class<?> modes =
          Class.forName(
              "org.jboss.msc.service.ServiceController$Mode", true, controllers.getClassLoader());
      Object remove = modes.getField("REMOVE").get(null);
      controllers.getMethod("setMode", modes).invoke(controller, remove);
    } catch (ReflectiveOperationException | RuntimeException e) {
      LOG.log(Level.WARNING, "WildFly keeps a deployment that has ended", e);
    }
  }
}
