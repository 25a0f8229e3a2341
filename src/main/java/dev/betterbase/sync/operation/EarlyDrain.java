package dev.betterbase.sync.operation;

import dev.betterbase.sync.rpc.RpcServer;
import jakarta.enterprise.inject.spi.CDI;
import jakarta.servlet.ServletContainerInitializer;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Has WildFly drain the connections at an undeployment, before it closes all WebSockets itself.
 * WildFly does that in a listener of its own, which it adds behind those of the application and so
 * calls before them. Only a listener that an initializer adds comes behind that one. Payara closes
 * WebSockets after the listeners of the application.
 */
public final class EarlyDrain implements ServletContainerInitializer {
  /** For the container. */
  public EarlyDrain() {}

  @Override
  public void onStartup(@Nullable Set<Class<?>> classes, ServletContext context) {
    if (HostServer.of(context) != HostServer.PAYARA) {
      context.addListener(new Listener());
    }
  }

  /** {@link ServerLifecycle} stops the other parts later. */
  private static final class Listener implements ServletContextListener {
    @Override
    public void contextDestroyed(ServletContextEvent event) {
      CDI.current().select(RpcServer.class).get().stop();
    }
  }
}
