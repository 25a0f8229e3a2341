package dev.betterbase.sync.settings;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Every setting of the server, typed and validated (config.md).
 *
 * @param database the database of the uber-jar
 * @param trustedIssuers at least one; in development mode the built-in one alone
 * @param listenAddress where the uber-jar listens
 * @param audiences the audiences of which a token must name one; empty where any will do
 * @param personalSpacePolicy which claimed personal space is believed
 * @param identityHashKey 64 hex digits; without it nobody is limited by person
 * @param fileStorage where the bytes of files are kept
 * @param federation which other servers are trusted
 * @param limits the limits that may be set
 * @param httpThreads threads of the uber-jar that serve HTTP and WebSocket messages, at most
 * @param webSocketTransport which transport carries the clients' WebSockets
 * @param logFormat how the uber-jar writes its log
 * @param developmentMode whether this is {@code serve --dev}
 */
public record Settings(
    DatabaseSettings database,
    List<TrustedIssuer> trustedIssuers,
    ListenAddress listenAddress,
    Set<String> audiences,
    PersonalSpacePolicy personalSpacePolicy,
    Optional<Secret> identityHashKey,
    FileStorage fileStorage,
    FederationSettings federation,
    Limits limits,
    int httpThreads,
    WebSocketTransport webSocketTransport,
    LogFormat logFormat,
    boolean developmentMode) {

  /**
   * Reads and validates all settings.
   *
   * @param source gives the value of a variable by its name, or null; blank is not set
   * @throws InvalidSetting at the first one that is bad
   */
  public static Settings read(Function<String, @Nullable String> source) {
    SettingsReader reader = new SettingsReader(source);
    List<TrustedIssuer> issuers = TrustedIssuer.read(reader);
    if (issuers.isEmpty()) {
      throw new InvalidSetting(
          "TRUSTED_ISSUERS is not set: expected the URL of the OAuth issuer whose tokens are taken;"
              + " to try the server without one, use serve --dev");
    }
    return read(reader, issuers, ListenAddress.read(reader), false);
  }

  /**
   * Reads and validates all settings for {@code serve --dev}: the built-in issuer, the embedded
   * PostgreSQL, files on disk, loopback only.
   *
   * @param source gives the value of a variable by its name, or null; blank is not set
   * @throws InvalidSetting at the first one that is bad, DATABASE_URL and TRUSTED_ISSUERS included
   */
  public static Settings readForDevelopment(Function<String, @Nullable String> source) {
    SettingsReader reader = new SettingsReader(source);
    for (Setting refused : List.of(Setting.DATABASE_URL, Setting.TRUSTED_ISSUERS)) {
      if (reader.findSet(refused).isPresent()) {
        throw new InvalidSetting(
            refused + " is set: serve --dev takes its own database and its own issuer");
      }
    }
    List<TrustedIssuer> issuers = List.of(TrustedIssuer.withUsualJwksUrl(DevelopmentMode.ISSUER));
    return read(reader, issuers, ListenAddress.readForDevelopment(reader), true);
  }

  private static Settings read(
      SettingsReader reader,
      List<TrustedIssuer> issuers,
      ListenAddress listenAddress,
      boolean developmentMode) {
    return new Settings(
        DatabaseSettings.read(reader),
        issuers,
        listenAddress,
        audiences(reader),
        PersonalSpacePolicy.read(reader),
        identityHashKey(reader),
        developmentMode ? FileStorage.readForDevelopment(reader) : FileStorage.read(reader),
        FederationSettings.read(reader),
        Limits.read(reader),
        reader.whole(Setting.HTTP_THREADS, 8, 10_000),
        WebSocketTransport.read(reader),
        LogFormat.read(reader),
        developmentMode);
  }

  private static Set<String> audiences(SettingsReader reader) {
    return reader
        .findSet(Setting.AUDIENCES)
        .map(given -> Set.copyOf(SettingsReader.split(given.value(), ",")))
        .orElse(Set.of());
  }

  private static Optional<Secret> identityHashKey(SettingsReader reader) {
    Optional<SettingsReader.Given> given = reader.findSet(Setting.IDENTITY_HASH_KEY);
    given
        .filter(key -> !key.value().matches("[0-9A-Fa-f]{64}"))
        .ifPresent(
            key -> {
              throw key.expected("64 hex digits");
            });
    return given.map(key -> new Secret(key.value()));
  }
}
