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
 * The file {@code dev-issuer.jwk}: the key of the development issuer. It is kept, so that tokens
 * outlive a restart.
 */
final class DevelopmentKeyFile {
  private static final String NAME = "dev-issuer.jwk";

  private DevelopmentKeyFile() {}

  /** The private key as a JWK, made where there is none yet. */
  static String readOrCreate(DataFolder data) {
    Path file = data.resolve(NAME);
    try {
      if (!Files.exists(file)) {
        ECKey key = new ECKeyGenerator(Curve.P_256).keyIDFromThumbprint(true).generate();
        data.writeSecret(NAME, key.toJSONString());
      }
      ECKey key = ECKey.parse(Files.readString(file));
      if (!key.isPrivate() || !key.getCurve().equals(Curve.P_256) || key.getKeyID() == null) {
        throw refusal(file);
      }
      return key.toJSONString();
    } catch (ParseException e) {
      throw refusal(file);
    } catch (IOException | JOSEException e) {
      throw new StartRefused("the key of the development issuer cannot be made: " + e, e);
    }
  }

  private static StartRefused refusal(Path file) {
    return new StartRefused(
        file + " is no private P-256 key with a kid: remove it to have a new one made");
  }
}
