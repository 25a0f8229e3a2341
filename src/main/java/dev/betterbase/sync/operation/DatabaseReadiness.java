package dev.betterbase.sync.operation;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/**
 * The same answer as {@code /health}, where the server looks for it (MicroProfile Health). It is
 * about readiness only: to restart a node brings no database back.
 */
@Readiness
@ApplicationScoped
public class DatabaseReadiness implements HealthCheck {

  @Inject private DatabaseHealth database;

  @Override
  public HealthCheckResponse call() {
    return HealthCheckResponse.named("database").status(database.isAvailable()).build();
  }
}
