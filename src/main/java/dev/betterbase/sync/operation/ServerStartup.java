package dev.betterbase.sync.operation;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Startup;

/** The startup check of MicroProfile Health: up once {@link ServerLifecycle} has started it all. */
@Startup
@ApplicationScoped
public class ServerStartup implements HealthCheck {
  private volatile boolean completed;

  void completed() {
    completed = true;
  }

  @Override
  public HealthCheckResponse call() {
    return HealthCheckResponse.named("server").status(completed).build();
  }
}
