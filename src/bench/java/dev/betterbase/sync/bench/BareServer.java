package dev.betterbase.sync.bench;

import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.SignedJWT;
import dev.betterbase.sync.testing.Requests;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;

/**
 * The limit of a cold connection: the least that a program in Java can do for one, with the same
 * libraries and without a container, a database or limits. It upgrades the connection, reads the
 * auth frame, verifies the signature of the token, and answers one request with an empty result.
 */
final class BareServer {
  private static final int THREADS = 8;

  private final JWSVerifier verifier;

  private BareServer(JWSVerifier verifier) {
    this.verifier = verifier;
  }

  /**
   * Serves until the process is ended.
   *
   * @param arguments the port on loopback, and the URL of the issuer's key set
   */
  public static void main(String[] arguments) throws Exception {
    JWKSet keys = JWKSet.load(URI.create(arguments[1]).toURL());
    var server = new BareServer(new ECDSAVerifier(keys.getKeys().getFirst().toECKey()));
    BareSocket.serve(Integer.parseInt(arguments[0]), THREADS, server::converse);
  }

  private void converse(BareSocket socket) throws Exception {
    SignedJWT token = SignedJWT.parse(socket.read().path("params").path("token").textValue());
    if (!token.verify(verifier) || token.getJWTClaimsSet().getSubject() == null) {
      throw new IOException("not signed by the issuer");
    }
    String id = socket.read().path("id").textValue();
    Object result = Map.of("spaces", List.of(), "errors", List.of());
    socket.write(Requests.map("type", 1, "id", id, "result", result));
    socket.read();
  }
}
