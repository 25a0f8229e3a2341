package dev.betterbase.sync.operation;

import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;

/** {@code GET /health} (http.md): for load balancers, and for whoever has just started a server. */
@Path("/health")
@RequestScoped
public class HealthResource {

  private static final String HEALTHY = "{\"status\":\"healthy\"}";
  private static final String UNHEALTHY =
      "{\"status\":\"unhealthy\",\"error\":\"database unavailable\"}";

  @Inject private DatabaseHealth database;

  @GET
  @Produces(MediaType.APPLICATION_JSON)
  public Response health() {
    return database.isAvailable()
        ? Response.ok(HEALTHY).build()
        : Response.status(Response.Status.SERVICE_UNAVAILABLE).entity(UNHEALTHY).build();
  }
}
