package dev.betterbase.sync.operation;

import dev.betterbase.sync.federation.trust.Peers;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.json.Json;
import jakarta.json.JsonObjectBuilder;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;

/** {@code GET /health} (http.md), for load balancers and for operators. */
@Path("/health")
@RequestScoped
public class HealthResource {

  private static final String UNHEALTHY =
      "{\"status\":\"unhealthy\",\"error\":\"database unavailable\"}";

  @Inject private DatabaseHealth database;
  @Inject private Peers peers;

  private String healthy() {
    JsonObjectBuilder health = Json.createObjectBuilder().add("status", "healthy");
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
    return database.isAvailable()
        ? Response.ok(healthy()).build()
        : Response.status(Response.Status.SERVICE_UNAVAILABLE).entity(UNHEALTHY).build();
  }
}
