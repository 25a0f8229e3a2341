package dev.betterbase.sync.operation;

import dev.betterbase.sync.federation.trust.Peers;
import dev.betterbase.sync.rpc.RpcServer;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.json.Json;
import jakarta.json.JsonObjectBuilder;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;

/** {@code GET /health} (http.md), for load balancers and for operators. */
@Path("/health")
@RequestScoped
public class HealthResource {

  private static final String UNHEALTHY =
      "{\"status\":\"unhealthy\",\"error\":\"database unavailable\"}";

  private static final String STOPPING =
      "{\"status\":\"unhealthy\",\"error\":\"server shutting down\"}";

  @Inject private RpcServer server;
  @Inject private DatabaseHealth database;
  @Inject private Peers peers;

  private String healthy() {
    List<Integer> away = database.shardsAway();
    JsonObjectBuilder health =
        Json.createObjectBuilder().add("status", away.isEmpty() ? "healthy" : "degraded");
    if (!away.isEmpty()) {
      health.add("databases_away", Json.createArrayBuilder(away));
    }
    if (peers.isEnabled()) {
      health.add(
          "federation",
          Json.createObjectBuilder()
              .add("enabled", true)
              .add("peer_count", peers.domains().size())
              .add("connections", peers.connections()));
    }
    return health.build().toString();
  }

  @GET
  @Produces(MediaType.APPLICATION_JSON)
  public Response health() {
    if (server.isStopping()) {
      return unavailable(STOPPING);
    }
    return database.isAvailable() ? Response.ok(healthy()).build() : unavailable(UNHEALTHY);
  }

  private static Response unavailable(String health) {
    return Response.status(Response.Status.SERVICE_UNAVAILABLE).entity(health).build();
  }
}
