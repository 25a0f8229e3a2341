package dev.betterbase.sync.launcher.command;

import dev.betterbase.sync.federation.trust.KeySeal;
import dev.betterbase.sync.federation.trust.SealedSeed;
import dev.betterbase.sync.federation.trust.SigningKeyRotation;
import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.security.SecurityLog;
import dev.betterbase.sync.settings.DatabaseSettings;
import dev.betterbase.sync.settings.SecretsKeys;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.StorageException;
import java.io.PrintWriter;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code secrets-rotate}: seals private keys with the current key (config.md). */
@Command(
    name = "secrets-rotate",
    description =
        "Seals all private keys in the database with SECRETS_KEY. What SECRETS_PREVIOUS_KEY has"
            + " sealed, and what is not sealed yet, is sealed anew.")
final class SecretsRotateCommand implements Runnable {
  private final Function<String, @Nullable String> source;
  private final Function<PrintWriter, SecurityLog> log;

  @Spec private CommandSpec spec;

  @Option(
      names = "--unseal",
      description = "Stores the keys as they are, so that the server needs no SECRETS_KEY.")
  private boolean unseal;

  /**
   * @param source gives the value of a setting
   * @param log opens the security log
   */
  SecretsRotateCommand(
      Function<String, @Nullable String> source, Function<PrintWriter, SecurityLog> log) {
    this.source = source;
    this.log = log;
  }

  @Override
  public void run() {
    KeySeal seal = KeySeal.of(SecretsKeys.read(source));
    if (!unseal && !seal.isSealing()) {
      throw new StartRefused(
          "SECRETS_KEY is not set: set it to the output of `openssl rand -hex 32`, and"
              + " SECRETS_PREVIOUS_KEY to the key before it");
    }
    SecurityLog security = log.apply(spec.commandLine().getErr());
    DatabaseSettings settings = DatabaseSettings.read(source);
    DataSource database = CommandDatabase.connect(settings).dataSource(settings.connectTimeout());
    CommandDatabase.migrate(database);
    try {
      int count =
          new SigningKeyRotation(
                  new Database(database, settings.statementTimeout()),
                  unseal ? seal.withoutSealing() : seal)
              .reseal();
      PrintWriter out = spec.commandLine().getOut();
      out.println((unseal ? "Unsealed " : "Sealed ") + count + " private keys.");
      out.flush();
      security.adminAct(count + " private keys " + (unseal ? "unsealed" : "sealed"));
    } catch (SealedSeed e) {
      throw new StartRefused("nothing was changed: " + e.getMessage(), e);
    } catch (StorageException e) {
      throw new StartRefused("the database refused the change: " + e.getMessage(), e);
    }
  }
}
