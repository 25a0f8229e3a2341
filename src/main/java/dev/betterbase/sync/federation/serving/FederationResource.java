package dev.betterbase.sync.federation.serving;

import dev.betterbase.sync.federation.trust.PeerQuota;
import dev.betterbase.sync.federation.trust.Peers;
import dev.betterbase.sync.http.JsonError;
import dev.betterbase.sync.settings.Domain;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.json.Json;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;

/** The trusted peers, and their use of quotas (http.md). Both routes need a bearer token. */
@Path("/api/v1/federation")
@RequestScoped
@Produces(MediaType.APPLICATION_JSON)
public class FederationResource {
  @Inject private Peers peers;

  @GET
  @Path("/trusted")
  public Response trusted() {
    if (!peers.isEnabled()) {
      return notFound();
    }
    return Response.ok(
            Json.createObjectBuilder()
                .add("domains", Json.createArrayBuilder(peers.domains()))
                .build()
                .toString())
        .build();
  }

  /**
   * The use that one peer makes of its quotas.
   *
   * @param domain in any spelling; the answer names the peer in canonical form
   */
  @GET
  @Path("/status/{domain}")
  public Response status(@PathParam("domain") String domain) {
    return peers
        .find(domain)
        .map(quota -> status(Domain.of(domain).orElseThrow().text(), quota.usage()))
        .orElseGet(FederationResource::notFound);
  }

  private static Response status(String domain, PeerQuota.Usage usage) {
    return Response.ok(
            Json.createObjectBuilder()
                .add("domain", domain)
                .add("connections", usage.connections())
                .add("spaces", usage.spaces())
                .add("records_this_hour", usage.records())
                .add("bytes_this_hour", usage.bytes())
                .add("invitations_this_hour", usage.invitations())
                .build()
                .toString())
        .build();
  }

  private static Response notFound() {
    return Response.status(Response.Status.NOT_FOUND)
        .entity(JsonError.body(JsonError.messageFor(404)))
        .build();
  }
}
