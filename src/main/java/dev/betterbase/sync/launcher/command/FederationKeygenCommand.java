package dev.betterbase.sync.launcher.command;

import dev.betterbase.sync.federation.trust.KeySeal;
import dev.betterbase.sync.federation.trust.SigningKey;
import dev.betterbase.sync.federation.trust.SigningKeyRotation;
import dev.betterbase.sync.federation.trust.SigningKeys;
import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.launcher.postgres.PostgresAccess;
import dev.betterbase.sync.security.SecurityLog;
import dev.betterbase.sync.settings.DatabaseSettings;
import dev.betterbase.sync.settings.DatabaseUrl;
import dev.betterbase.sync.settings.Domain;
import dev.betterbase.sync.settings.InvalidSetting;
import dev.betterbase.sync.settings.KeyId;
import dev.betterbase.sync.settings.SecretsKeys;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.StorageException;
import java.io.PrintWriter;
import java.util.Base64;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code federation-keygen}: makes a signing key for this server (federation.md, Keys). */
@Command(
    name = "federation-keygen",
    description =
        "Makes a key with which this server signs its calls to other servers, and prints what their"
            + " administrators need. A running server uses the key within seconds.")
final class FederationKeygenCommand implements Runnable {
  private final Function<String, @Nullable String> source;
  private final Function<PrintWriter, SecurityLog> log;

  @Spec private CommandSpec spec;

  @Option(names = "--domain", description = "This server's public domain.")
  private @Nullable String domain;

  @Option(
      names = "--kid",
      description = "The name of the key, the last part of its id. Default: fed-<time>.")
  private @Nullable String fragment;

  @Option(
      names = "--database-url",
      description =
          "The URL of the database, without a password: every user of this machine can see it."
              + " Better set DATABASE_URL or DATABASE_URL_FILE.")
  private @Nullable String databaseUrl;

  @Option(names = "--print-private", description = "Also prints the private key (its seed).")
  private boolean printPrivate;

  @Option(
      names = "--no-promote",
      description = "Publishes the key, but keeps signing with the current one.")
  private boolean noPromote;

  @Option(
      names = "--deactivate",
      paramLabel = "<key id>",
      description = "Makes no key; takes the key with this id out of use for good.")
  private @Nullable String deactivate;

  /**
   * @param source gives the value of a setting
   * @param log opens the security log
   */
  FederationKeygenCommand(
      Function<String, @Nullable String> source, Function<PrintWriter, SecurityLog> log) {
    this.source = source;
    this.log = log;
  }

  @Override
  public void run() {
    if ((domain == null) == (deactivate == null)) {
      throw new ParameterException(spec.commandLine(), "expected either --domain or --deactivate");
    }
    SecurityLog security = log.apply(spec.commandLine().getErr());
    DatabaseSettings settings = DatabaseSettings.read(source);
    var rotation =
        new SigningKeyRotation(
            new Database(
                database(settings).dataSource(settings.connectTimeout()),
                settings.statementTimeout()),
            KeySeal.of(SecretsKeys.read(source)));
    try {
      if (deactivate != null) {
        deactivate(rotation, deactivate);
        security.adminAct("signing key " + deactivate + " deactivated");
      } else if (domain != null) {
        make(rotation, domain, security);
      }
    } catch (StorageException e) {
      throw new StartRefused(
          "the database refused the change ("
              + e.getMessage()
              + "): if the database is new, run migrate first",
          e);
    }
  }

  private void deactivate(SigningKeyRotation rotation, String keyId) {
    if (!rotation.deactivate(keyId)) {
      throw new StartRefused(
          "--deactivate " + InvalidSetting.shown(keyId) + ": expected the id of an active key");
    }
    print("deactivated", keyId);
  }

  private void make(SigningKeyRotation rotation, String text, SecurityLog security) {
    SigningKey key = SigningKey.generate(keyId(text));
    if (!rotation.add(key, !noPromote)) {
      throw new StartRefused("the key " + key.id() + " exists already: choose another --kid");
    }
    print("key_id", key.id().toString());
    print("public_key_base64url", key.publicKeyText());
    print("trusted_keys_entry", key.id() + "=" + key.publicKeyText());
    if (printPrivate) {
      print(
          "private_key_base64url",
          Base64.getUrlEncoder().withoutPadding().encodeToString(key.seed()));
    }
    security.adminAct(
        "signing key "
            + key.id()
            + (printPrivate ? " made, and its private key printed" : " made"));
  }

  private KeyId keyId(String text) {
    Domain parsed =
        Domain.of(text)
            .orElseThrow(
                () ->
                    new StartRefused(
                        "--domain "
                            + InvalidSetting.shown(text)
                            + ": expected a domain such as sync.example.com"));
    String name = fragment == null ? SigningKeys.defaultFragment() : fragment;
    try {
      return KeyId.of(parsed, name);
    } catch (IllegalArgumentException e) {
      throw new StartRefused(
          "--kid " + InvalidSetting.shown(name) + ": expected letters, digits and hyphens", e);
    }
  }

  private PostgresAccess database(DatabaseSettings settings) {
    if (databaseUrl == null) {
      return CommandDatabase.connect(settings);
    }
    if (hasPassword(databaseUrl)) {
      PrintWriter err = spec.commandLine().getErr();
      err.println(
          "betterbase-sync: warning: every user of this machine can see the password in"
              + " --database-url: set DATABASE_URL or DATABASE_URL_FILE instead");
      err.flush();
    }
    return PostgresAccess.of(DatabaseUrl.parse(databaseUrl, source))
        .connected(settings.connectTimeout());
  }

  private boolean hasPassword(String url) {
    return DatabaseUrl.parse(
            url, variable -> variable.equals("PGPASSWORD") ? null : source.apply(variable))
        .password()
        .isPresent();
  }

  private void print(String name, String value) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(name + "=" + value);
    out.flush();
  }
}
