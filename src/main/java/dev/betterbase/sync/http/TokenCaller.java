package dev.betterbase.sync.http;

import dev.betterbase.sync.identity.AccessToken;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.eclipse.microprofile.jwt.JsonWebToken;
import org.jspecify.annotations.Nullable;

/**
 * Whoever sent a request, as routes find it ({@code SecurityContext.getUserPrincipal}). Made by our
 * own filter and not by the server's MicroProfile JWT, which knows one issuer only.
 *
 * @param token what the verified token says
 */
public record TokenCaller(AccessToken token) implements JsonWebToken {

  private static final List<String> CLAIMS =
      List.of("iss", "sub", "exp", "client_id", "scope", "personal_space_id", "did", "mailbox_id");

  /** The subject; two issuers may know it as two people. */
  @Override
  public String getName() {
    return token.subject();
  }

  /** Those claims that are used here; the others of the token are forgotten. */
  @Override
  public Set<String> getClaimNames() {
    return CLAIMS.stream()
        .filter(claim -> find(claim).isPresent())
        .collect(Collectors.toUnmodifiableSet());
  }

  /**
   * {@inheritDoc}
   *
   * @return text, but seconds since 1970 as {@code Long} for {@code exp}; null where the token has
   *     none. {@code personal_space_id} is there only where it is usable, in canonical form.
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
