package dev.betterbase.sync.settings;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * All settings of the server, typed and validated (config.md).
 *
 * @param database the database of the uber-jar
 * @param trustedIssuers at least one issuer; in development mode only the built-in one
 * @param listenAddress the address on which the uber-jar listens
 * @param trustedProxies the proxies that are believed when they name the address of a client
 * @param audiences a token must name one of these audiences; if empty, any audience will do
 * @param maxTokenLifetime the longest life of an access token; zero accepts any
 * @param personalSpacePolicy whether the personal space that a token claims is trusted
 * @param identityHashKey 64 hex digits; if empty, people are not counted in the database
 * @param secretsKeys the keys that seal private keys in the database
 * @param cluster the other nodes that are told at once; empty if none is
 * @param metricsToken the token that may read the metrics; if empty, access tokens with the scope
 *     may
 * @param adminToken the token that opens the admin page; if empty, there is no such page
 * @param fileStorage the storage of the bytes of files
 * @param diskFreeFloorBytes the bytes that stay free on a disk; if empty, a part of the disk
 * @param federation the trusted servers and their quotas
 * @param limits the limits that an operator can set
 * @param quotas the storage that spaces and people may take
 * @param connections the most connections that the uber-jar accepts
 * @param httpThreads most threads of the uber-jar that serve HTTP and WebSocket messages
 * @param webSocketTransport the transport of the clients' WebSockets
 * @param drain the time over which many connections are closed at a shutdown
 * @param logFormat the format of the uber-jar's log
 * @param aotCacheQuiet the time for which the uber-jar must have had little to do before it makes
 *     an AOT cache; zero if it makes none
 * @param developmentMode whether this is {@code serve --dev}
 */
public record Settings(
    DatabaseSettings database,
    List<TrustedIssuer> trustedIssuers,
    ListenAddress listenAddress,
    List<AddressRange> trustedProxies,
    Set<String> audiences,
    Duration maxTokenLifetime,
    PersonalSpacePolicy personalSpacePolicy,
    Optional<Secret> identityHashKey,
    SecretsKeys secretsKeys,
    Optional<ClusterSettings> cluster,
    Optional<Secret> metricsToken,
    Optional<Secret> adminToken,
    FileStorage fileStorage,
    OptionalLong diskFreeFloorBytes,
    FederationSettings federation,
    Limits limits,
    Quotas quotas,
    ConnectionSettings connections,
    int httpThreads,
    WebSocketTransport webSocketTransport,
    Duration drain,
    LogFormat logFormat,
    Duration aotCacheQuiet,
    boolean developmentMode) {

  /**
   * Reads and validates all settings.
   *
   * @param source gives the value of a variable, or null; a blank value counts as not set
   * @throws InvalidSetting for the first bad value
   */
  public static Settings read(Function<String, @Nullable String> source) {
    SettingsReader reader = new SettingsReader(source);
    List<TrustedIssuer> issuers = TrustedIssuer.read(reader);
    if (issuers.isEmpty()) {
      throw new InvalidSetting(
          Setting.TRUSTED_ISSUERS,
          "TRUSTED_ISSUERS is not set: expected the URL of the OAuth issuer whose tokens the server"
              + " accepts; to try the server without an issuer, use serve --dev");
    }
    return read(reader, issuers, ListenAddress.read(reader), false);
  }

  /**
   * Reads and validates all settings for {@code serve --dev}, which has a built-in issuer, the
   * embedded PostgreSQL and files on disk, and listens on loopback only.
   *
   * @param source gives the value of a variable, or null; a blank value counts as not set
   * @throws InvalidSetting for the first bad value, and if DATABASE_URL or TRUSTED_ISSUERS is set
   */
  public static Settings readForDevelopment(Function<String, @Nullable String> source) {
    SettingsReader reader = new SettingsReader(source);
    for (Setting refused : List.of(Setting.DATABASE_URL, Setting.TRUSTED_ISSUERS)) {
      if (reader.findSet(refused).isPresent()) {
        throw new InvalidSetting(
            refused,
            refused + " is set: serve --dev uses its own database and issuer, so unset it");
      }
    }
    List<TrustedIssuer> issuers = List.of(TrustedIssuer.withDefaultJwksUrl(DevelopmentMode.ISSUER));
    return read(reader, issuers, ListenAddress.readForDevelopment(reader), true);
  }

  /**
   * Reads only IDENTITY_HASH_KEY, for commands.
   *
   * @param source gives the value of a variable, or null
   * @throws InvalidSetting if it has a bad value
   */
  public static Optional<Secret> identityHashKey(Function<String, @Nullable String> source) {
    return new SettingsReader(source).hexKey(Setting.IDENTITY_HASH_KEY);
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
        AddressRange.read(reader, Setting.TRUSTED_PROXIES),
        audiences(reader),
        Duration.ofSeconds(reader.whole(Setting.MAX_TOKEN_LIFETIME, 0, Integer.MAX_VALUE)),
        PersonalSpacePolicy.read(reader),
        reader.hexKey(Setting.IDENTITY_HASH_KEY),
        SecretsKeys.read(reader),
        ClusterSettings.read(reader),
        token(reader, Setting.METRICS_TOKEN),
        token(reader, Setting.ADMIN_TOKEN),
        developmentMode ? FileStorage.readForDevelopment(reader) : FileStorage.read(reader),
        reader.wholeLongIfSet(Setting.DISK_FREE_FLOOR_BYTES, 0, Long.MAX_VALUE),
        FederationSettings.read(reader),
        Limits.read(reader),
        Quotas.read(reader),
        ConnectionSettings.read(reader),
        reader.whole(Setting.HTTP_THREADS, 8, 10_000),
        WebSocketTransport.read(reader),
        Duration.ofSeconds(reader.whole(Setting.DRAIN_SECONDS, 0, 300)),
        LogFormat.read(reader),
        Duration.ofSeconds(reader.whole(Setting.AOT_CACHE_QUIET_SECONDS, 0, 86_400)),
        developmentMode);
  }

  private static Set<String> audiences(SettingsReader reader) {
    return reader
        .findSet(Setting.AUDIENCES)
        .map(given -> Set.copyOf(SettingsReader.split(given.value(), ",")))
        .orElse(Set.of());
  }

  private static Optional<Secret> token(SettingsReader reader, Setting setting) {
    Optional<SettingsReader.Given> given = reader.findSet(setting);
    given
        .filter(token -> !token.value().matches("[!-~]{32,}"))
        .ifPresent(
            token -> {
              throw token.expected("at least 32 printable ASCII characters without spaces");
            });
    return given.map(token -> new Secret(token.value()));
  }
}
