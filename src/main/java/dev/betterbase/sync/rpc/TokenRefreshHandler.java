package dev.betterbase.sync.rpc;

import dev.betterbase.sync.identity.AccessToken;
import dev.betterbase.sync.identity.InvalidAccessToken;
import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.FrameReader;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.Reply;
import dev.betterbase.sync.rpc.method.RequestHandler;
import dev.betterbase.sync.security.SecurityLog;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Set;

/** {@code token.refresh} (methods.md, Session): a connection goes on under a new token. */
@ApplicationScoped
public class TokenRefreshHandler implements RequestHandler<String> {
  @Inject private Authenticator authenticator;
  @Inject private SecurityLog security;

  /** For the container. */
  public TokenRefreshHandler() {}

  @SuppressWarnings("UnnecessaryAssignment") // injected only in a container
  TokenRefreshHandler(Authenticator authenticator, SecurityLog security) {
    this.authenticator = authenticator;
    this.security = security;
  }

  @Override
  public Set<String> methods() {
    return Set.of("token.refresh");
  }

  @Override
  public String invalidParams() {
    return "invalid token refresh params";
  }

  @Override
  public String read(CborReader reader) {
    return FrameReader.readToken(reader);
  }

  @Override
  public Reply handle(Connection connection, String text) {
    AccessToken token;
    try {
      token = authenticator.verify(text);
    } catch (InvalidAccessToken e) {
      return refused(connection, e.reason().refreshError());
    }
    if (!token.hasScope(AccessToken.SCOPE_SYNC)) {
      return refused(connection, "sync scope required");
    }
    if (!token.isOfSameCaller(connection.token())) {
      return refused(connection, "token identity mismatch");
    }
    connection.refresh(token);
    return Reply.of(writer -> writer.beginMap(1).field("ok", true).endMap());
  }

  private Reply refused(Connection connection, String error) {
    security.authenticationRefused(error, connection.address());
    return Reply.of(writer -> writer.beginMap(2).field("ok", false).field("error", error).endMap());
  }
}
