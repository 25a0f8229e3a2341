package dev.betterbase.sync.operation;

import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.spi.AfterBeanDiscovery;
import jakarta.enterprise.inject.spi.AfterDeploymentValidation;
import jakarta.enterprise.inject.spi.BeanManager;
import jakarta.enterprise.inject.spi.BeforeShutdown;
import jakarta.enterprise.inject.spi.Extension;
import jakarta.inject.Singleton;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.annotation.Annotation;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.logging.Handler;

/**
 * Ends the objects with which WildFly sends traces. Otherwise they keep the deployment in memory:
 *
 * <ul>
 *   <li>Its exporter makes an instance of Vert.x for each deployment and never closes it. But it
 *       takes a bean instead, if there is one with the identifier that {@code
 *       microprofile-config.properties} names. That is closed after all beans, because the exporter
 *       sends the last traces when it is destroyed.
 *   <li>The first deployment adds a handler to the log of the server, which stays.
 * </ul>
 *
 * <p>It works by reflection, because these classes are the server's own. If one is missing, the log
 * says so, and WildFly does as it likes.
 */
public class WildFlyTraces implements Extension {
  /** The same as in {@code microprofile-config.properties}. */
  private static final String IDENTIFIER = "betterbase-sync";

  private static final Logger LOG = System.getLogger(WildFlyTraces.class.getName());

  /** A deployment sees this class only on a WildFly that has the subsystems for telemetry. */
  private static final String EXPORTER =
      "io.smallrye.opentelemetry.implementation.exporters.AbstractVertxExporterProvider";

  private static final String LOG_HANDLER = "io.smallrye.opentelemetry.api.OpenTelemetryLogHandler";
  private static final String STAYS = "What WildFly sends traces with stays after an undeployment";

  /** The time that Vert.x has to start or to end. */
  private static final int SECONDS = 10;

  private final List<Object> instances = new ArrayList<>();
  private Optional<ClassLoader> server = Optional.empty();
  private Optional<Object> telemetry = Optional.empty();

  /** For the container. */
  public WildFlyTraces() {}

  /** Offers the bean. */
  void offer(@Observes AfterBeanDiscovery discovery) {
    server = serverClasses();
    if (server.isEmpty()) {
      return;
    }
    ClassLoader classes = server.get();
    try {
      Class<?> vertx = Class.forName("io.vertx.core.Vertx", true, classes);
      Annotation identifier =
          (Annotation)
              Class.forName("io.smallrye.common.annotation.Identifier$Literal", true, classes)
                  .getMethod("of", String.class)
                  .invoke(null, IDENTIFIER);
      discovery
          .addBean()
          .types(vertx, Object.class)
          .qualifiers(identifier)
          .scope(Singleton.class)
          .createWith(context -> open(vertx));
    } catch (ReflectiveOperationException e) {
      LOG.log(Level.WARNING, STAYS, e);
    }
  }

  private static Optional<ClassLoader> serverClasses() {
    try {
      return Optional.of(
          Class.forName(EXPORTER, false, WildFlyTraces.class.getClassLoader()).getClassLoader());
    } catch (ClassNotFoundException elsewhere) {
      return Optional.empty();
    }
  }

  /** By now WildFly has telemetry for this deployment, or makes it here. */
  void remember(@Observes AfterDeploymentValidation validated, BeanManager beans) {
    if (server.isPresent()) {
      try {
        Class<?> api = Class.forName("io.opentelemetry.api.OpenTelemetry", true, server.get());
        telemetry = Optional.of(beans.createInstance().select(api).get());
      } catch (ClassNotFoundException e) {
        LOG.log(Level.WARNING, STAYS, e);
      }
    }
  }

  private Object open(Class<?> vertx) {
    try {
      Object instance = withoutTheApplication(vertx.getMethod("vertx"));
      synchronized (instances) {
        instances.add(instance);
      }
      return instance;
    } catch (ReflectiveOperationException | ExecutionException | TimeoutException e) {
      throw new IllegalStateException("Vert.x cannot be started", e);
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Vert.x is not started", stopping);
    }
  }

  /**
   * Calls a static method on a thread that has no class of the application on its stack. Classes of
   * the server that are initialized meanwhile keep exceptions with their stack trace for good, and
   * the threads that it starts keep the class loader.
   */
  private static Object withoutTheApplication(Method method)
      throws ReflectiveOperationException,
          InterruptedException,
          ExecutionException,
          TimeoutException {
    Thread current = Thread.currentThread();
    ClassLoader own = current.getContextClassLoader();
    // The class of the task is made for the class loader of this thread.
    current.setContextClassLoader(ClassLoader.getSystemClassLoader());
    try {
      MethodHandle call = MethodHandles.publicLookup().unreflect(method);
      Callable<?> start = MethodHandleProxies.asInterfaceInstance(Callable.class, call);
      FutureTask<?> task = new FutureTask<>(start);
      Thread thread = new Thread(null, task, "betterbase-traces-start", 0, false);
      thread.setContextClassLoader(ClassLoader.getSystemClassLoader());
      thread.start();
      return task.get(SECONDS, TimeUnit.SECONDS);
    } finally {
      current.setContextClassLoader(own);
    }
  }

  /** Closes what was opened. */
  void close(@Observes BeforeShutdown shutdown) {
    telemetry.ifPresent(WildFlyTraces::forget);
    telemetry = Optional.empty();
    synchronized (instances) {
      instances.forEach(WildFlyTraces::close);
      instances.clear();
    }
  }

  /** Removes the handler of the log if it is about this deployment and no other. */
  private static void forget(Object telemetry) {
    var log = java.util.logging.Logger.getLogger("");
    try {
      for (Handler handler : log.getHandlers()) {
        if (handler.getClass().getName().equals(LOG_HANDLER)) {
          Field about = handler.getClass().getDeclaredField("openTelemetry");
          about.setAccessible(true);
          if (about.get(handler) == telemetry) {
            log.removeHandler(handler);
          }
        }
      }
    } catch (ReflectiveOperationException e) {
      LOG.log(Level.WARNING, STAYS, e);
    }
  }

  private static void close(Object instance) {
    try {
      ClassLoader server = instance.getClass().getClassLoader();
      Object closing =
          Class.forName("io.vertx.core.Vertx", true, server).getMethod("close").invoke(instance);
      CompletionStage<?> closed =
          (CompletionStage<?>)
              Class.forName("io.vertx.core.Future", true, server)
                  .getMethod("toCompletionStage")
                  .invoke(closing);
      closed.toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
    } catch (ReflectiveOperationException | ExecutionException | TimeoutException e) {
      LOG.log(Level.WARNING, "What WildFly sends traces with was not closed", e);
    }
  }
}
