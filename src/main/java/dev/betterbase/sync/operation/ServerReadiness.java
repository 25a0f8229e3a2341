package dev.betterbase.sync.operation;

import dev.betterbase.sync.rpc.RpcServer;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** A server that is being stopped is not ready, while it still closes its connections in order. */
@Readiness
@ApplicationScoped
public class ServerReadiness implements HealthCheck {

  @Inject private RpcServer server;

  @Override
  public HealthCheckResponse call() {
    return HealthCheckResponse.named("connections").status(!server.isStopping()).build();
  }
}
