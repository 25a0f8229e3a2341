package dev.betterbase.sync.launcher.command;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.launcher.postgres.DataFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;

/**
 * The file {@code dev-issuer.jwk} with the key of the development issuer. The key is kept in a file
 * so that tokens stay valid after a restart.
 */
final class DevelopmentKeyFile {
  private static final String NAME = "dev-issuer.jwk";

  private DevelopmentKeyFile() {}

  /**
   * Reads the private key, and makes it first if the file does not exist.
   *
   * @return the key as a JWK
   * @throws StartRefused if the file holds something else, or cannot be read or written
   */
  static String readOrCreate(DataFolder data) {
    Path file = data.resolve(NAME);
    try {
      if (!Files.exists(file)) {
        ECKey key = new ECKeyGenerator(Curve.P_256).keyIDFromThumbprint(true).generate();
        data.writeSecret(NAME, key.toJSONString());
      }
      ECKey key = ECKey.parse(data.readSecret(NAME));
      if (!key.isPrivate() || !key.getCurve().equals(Curve.P_256) || key.getKeyID() == null) {
        throw refusal(file);
      }
      return key.toJSONString();
    } catch (ParseException e) {
      throw refusal(file);
    } catch (IOException | JOSEException e) {
      throw new StartRefused(
          "cannot make or read the key of the development issuer, " + file + ": " + e, e);
    }
  }

  private static StartRefused refusal(Path file) {
    return new StartRefused(
        file + " is not a private P-256 key with a kid: delete the file to get a new key");
  }
}
