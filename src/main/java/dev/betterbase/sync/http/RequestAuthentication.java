package dev.betterbase.sync.http;

import jakarta.enterprise.context.RequestScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.enterprise.inject.Typed;
import java.util.Set;
import org.eclipse.microprofile.jwt.JsonWebToken;
import org.jspecify.annotations.Nullable;

/**
 * The caller of the current request. {@link BearerFilter} sets it, and resources have it injected
 * as {@code @Inject JsonWebToken}.
 *
 * <p>The servers produce a {@code JsonWebToken} only for an application with a
 * {@code @LoginConfig}, which this one does not have, so the producer here is the only one.
 */
@RequestScoped
public class RequestAuthentication {
  private @Nullable JsonWebToken token;

  void authenticated(JsonWebToken caller) {
    token = caller;
  }

  /** The caller's token; on a public route, one without claims. */
  @Produces
  @RequestScoped
  @Typed(JsonWebToken.class)
  public JsonWebToken token() {
    return token == null ? new NoToken() : token;
  }

  /** Nobody: what MicroProfile JWT injects if a request is not authenticated. */
  private static final class NoToken implements JsonWebToken {
    @Override
    public @Nullable String getName() {
      return null;
    }

    @Override
    public Set<String> getClaimNames() {
      return Set.of();
    }

    @Override
    @SuppressWarnings("TypeParameterUnusedInFormals") // the interface has it so
    public <T> @Nullable T getClaim(String name) {
      return null;
    }
  }
}
