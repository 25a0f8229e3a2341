package dev.betterbase.sync.rpc;

import dev.betterbase.sync.identity.AccessToken;
import dev.betterbase.sync.identity.InvalidAccessToken;
import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Failure;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Set;

/** {@code token.refresh} (methods.md, Session): a connection goes on under a new token. */
@ApplicationScoped
public class TokenRefreshHandler implements RequestHandler<String> {

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
    String token = null;
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      switch (key) {
        case "token" -> token = reader.text();
        default -> reader.skip();
      }
    }
    if (token == null) {
      throw new Failure.InvalidParams();
    }
    return token;
  }

  @Override
  public Reply handle(RpcConnection connection, String text) {
    AccessToken token;
    try {
      token = connection.authenticator().verify(text);
    } catch (InvalidAccessToken e) {
      return refused(e.reason().refreshError());
    }
    if (!token.hasScope(AccessToken.SCOPE_SYNC)) {
      return refused("sync scope required");
    }
    if (!token.isOfSameCaller(connection.caller())) {
      return refused("token identity mismatch");
    }
    connection.refresh(token);
    return Reply.of(writer -> writer.beginMap(1).field("ok", true).endMap());
  }

  private static Reply refused(String error) {
    return Reply.of(writer -> writer.beginMap(2).field("ok", false).field("error", error).endMap());
  }
}
