package dev.betterbase.sync.http;

import dev.betterbase.sync.identity.AccessToken;
import dev.betterbase.sync.protocol.SpaceId;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.eclipse.microprofile.jwt.JsonWebToken;
import org.jspecify.annotations.Nullable;

/**
 * The verified access token of a request, as MicroProfile JWT presents it. This application makes
 * it, because a server's own MicroProfile JWT trusts a single issuer.
 *
 * @param token the verified token
 */
public record BearerToken(AccessToken token) implements JsonWebToken {

  private static final List<String> CLAIMS =
      List.of("iss", "sub", "exp", "client_id", "scope", "personal_space_id", "did", "mailbox_id");

  /**
   * Reads the token of the current request, as a resource has it injected.
   *
   * @throws IllegalStateException if the request carries no token
   */
  public static AccessToken read(JsonWebToken injected) {
    if (injected.getName() == null) {
      throw new IllegalStateException("a request without a bearer token passed the filter");
    }
    return new AccessToken(
        injected.getIssuer(),
        injected.getSubject(),
        injected.getClaim("client_id"),
        scopes(injected.getClaim("scope")),
        Instant.ofEpochSecond(injected.getExpirationTime()),
        text(injected, "personal_space_id").flatMap(SpaceId::parse),
        text(injected, "did"),
        text(injected, "mailbox_id"));
  }

  private static Set<String> scopes(String claim) {
    Set<String> scopes = new LinkedHashSet<>();
    Collections.addAll(scopes, claim.split(" "));
    scopes.remove("");
    return scopes;
  }

  private static Optional<String> text(JsonWebToken token, String claim) {
    return Optional.ofNullable(token.getClaim(claim));
  }

  /** The subject. Subjects are unique within an issuer only. */
  @Override
  public String getName() {
    return token.subject();
  }

  /** The claims that this application uses. It does not keep the others. */
  @Override
  public Set<String> getClaimNames() {
    return CLAIMS.stream()
        .filter(claim -> find(claim).isPresent())
        .collect(Collectors.toUnmodifiableSet());
  }

  /**
   * {@inheritDoc}
   *
   * @return a string; for {@code exp}, the seconds since 1970 as a {@code Long}; null if the token
   *     lacks the claim. {@code personal_space_id} is present only if it is usable, in canonical
   *     form
   */
  @Override
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  public <T> @Nullable T getClaim(String name) {
    return (T) find(name).orElse(null);
  }

  private Optional<?> find(String name) {
    return switch (name) {
      case "iss" -> Optional.of(token.issuer());
      case "sub" -> Optional.of(token.subject());
      case "exp" -> Optional.of(token.expiresAt().getEpochSecond());
      case "client_id" -> Optional.of(token.clientId());
      case "scope" -> Optional.of(String.join(" ", token.scopes()));
      case "personal_space_id" -> token.personalSpace().map(Object::toString);
      case "did" -> token.did();
      case "mailbox_id" -> token.mailboxId();
      default -> Optional.empty();
    };
  }
}
