package dev.betterbase.sync.federation.serving;

import dev.betterbase.sync.federation.trust.SigningKeyStore;
import dev.betterbase.sync.federation.trust.SigningKeys;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;

/**
 * {@code GET /.well-known/jwks.json} (http.md): the active signing keys, for this server's peers.
 */
@Path("/.well-known/jwks.json")
@RequestScoped
public class KeySetResource {
  private static final String CACHING = "public, max-age=3600, stale-while-revalidate=86400";

  @Inject private SigningKeys keys;

  @GET
  @Produces(MediaType.APPLICATION_JSON)
  public Response keySet() {
    JsonArrayBuilder list = Json.createArrayBuilder();
    for (SigningKeyStore.Stored stored : keys.active()) {
      list.add(
          Json.createObjectBuilder()
              .add("kid", stored.key().id().toString())
              .add("kty", "OKP")
              .add("alg", "EdDSA")
              .add("use", "federation")
              .add("crv", "Ed25519")
              .add("x", stored.key().publicKeyText()));
    }
    return Response.ok(Json.createObjectBuilder().add("keys", list).build().toString())
        .header(HttpHeaders.CACHE_CONTROL, CACHING)
        .build();
  }
}
