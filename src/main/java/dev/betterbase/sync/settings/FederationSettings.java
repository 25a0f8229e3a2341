package dev.betterbase.sync.settings;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which other servers are trusted, and how much each may do (federation.md).
 *
 * @param domain this server's own domain in canonical form, if it has one
 * @param trustedDomains canonical domains, with a port only where it is not 443
 * @param trustedKeys key id to Ed25519 public key (32 bytes, base64url without padding)
 */
public record FederationSettings(
    Optional<String> domain,
    Set<String> trustedDomains,
    Map<String, String> trustedKeys,
    Optional<Secret> fstSecret,
    Optional<Secret> fstPreviousSecret,
    Quotas quotas) {

  /** What one peer may do: at a time, and in an hour. */
  public record Quotas(
      int connections,
      int spaces,
      long recordsPerHour,
      long bytesPerHour,
      long invitationsPerHour) {}

  private static final int PUBLIC_KEY_BYTES = 32;
  private static final Pattern DOMAIN =
      Pattern.compile(
          "(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*"
              + "|\\[[0-9a-f:.]+])(?::[0-9]{1,5})?");
  private static final String KEY_PATH = "/.well-known/jwks.json";

  static FederationSettings read(SettingsReader reader) {
    Set<String> domains = trustedDomains(reader);
    Map<String, String> keys = trustedKeys(reader, domains);
    if (domains.isEmpty()) {
      keys.keySet().forEach(keyId -> domains.add(authority(keyId)));
    }
    return new FederationSettings(
        reader
            .findSet(Setting.FEDERATION_DOMAIN)
            .map(given -> canonicalDomain(given, given.value())),
        Set.copyOf(domains),
        Map.copyOf(keys),
        reader.findSet(Setting.FEDERATION_FST_SECRET).map(given -> new Secret(given.value())),
        reader
            .findSet(Setting.FEDERATION_FST_PREVIOUS_SECRET)
            .map(given -> new Secret(given.value())),
        quotas(reader));
  }

  private static Quotas quotas(SettingsReader reader) {
    return new Quotas(
        reader.whole(Setting.FEDERATION_MAX_CONNECTIONS, 1, Integer.MAX_VALUE),
        reader.whole(Setting.FEDERATION_MAX_SPACES, 1, Integer.MAX_VALUE),
        reader.wholeLong(Setting.FEDERATION_MAX_RECORDS_PER_HOUR, 1, Long.MAX_VALUE),
        reader.wholeLong(Setting.FEDERATION_MAX_BYTES_PER_HOUR, 1, Long.MAX_VALUE),
        reader.wholeLong(Setting.FEDERATION_MAX_INVITATIONS_PER_HOUR, 1, Long.MAX_VALUE));
  }

  private static Set<String> trustedDomains(SettingsReader reader) {
    Set<String> domains = new LinkedHashSet<>();
    reader
        .findSet(Setting.FEDERATION_TRUSTED_DOMAINS)
        .ifPresent(
            given ->
                SettingsReader.split(given.value(), ",")
                    .forEach(entry -> domains.add(canonicalDomain(given, entry))));
    return domains;
  }

  private static Map<String, String> trustedKeys(SettingsReader reader, Set<String> domains) {
    Map<String, String> keys = new LinkedHashMap<>();
    Optional<SettingsReader.Given> given = reader.findSet(Setting.FEDERATION_TRUSTED_KEYS);
    if (given.isEmpty()) {
      return keys;
    }
    Set<String> hosts = new LinkedHashSet<>();
    domains.forEach(domain -> hosts.add(withoutPort(domain)));
    for (String entry : SettingsReader.split(given.get().value(), "\\s+")) {
      // Base64url may end in padding, and a key id may hold an equals sign.
      int equals = entry.replaceAll("=+$", "").lastIndexOf('=');
      String keyId = equals < 0 ? "" : entry.substring(0, equals);
      if (!isKeyId(keyId) || !isPublicKey(entry.substring(equals + 1))) {
        throw about(given.get(), entry)
            .expected(
                "<key id>=<base64url of 32 bytes>, where a key id is"
                    + " https://<domain>/.well-known/jwks.json#<name>");
      }
      if (!hosts.isEmpty() && !hosts.contains(withoutPort(authority(keyId)))) {
        throw about(given.get(), entry).expected("a key of a domain in FEDERATION_TRUSTED_DOMAINS");
      }
      if (keys.put(keyId, entry.substring(equals + 1).replace("=", "")) != null) {
        throw about(given.get(), entry).expected("each key id once");
      }
    }
    return keys;
  }

  private static boolean isKeyId(String text) {
    try {
      URI uri = new URI(text);
      return ("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()))
          && uri.getHost() != null
          && uri.getRawUserInfo() == null
          && uri.getRawQuery() == null
          && KEY_PATH.equals(uri.getRawPath())
          && uri.getRawFragment() != null
          && !uri.getRawFragment().isEmpty();
    } catch (URISyntaxException e) {
      return false;
    }
  }

  private static boolean isPublicKey(String text) {
    try {
      return Base64.getUrlDecoder().decode(text).length == PUBLIC_KEY_BYTES;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Scheme, path and a trailing dot or {@code :443} removed, lower case (auth.md). */
  private static String canonicalDomain(SettingsReader.Given given, String text) {
    String domain =
        text.toLowerCase(Locale.ROOT)
            .replaceFirst("^[a-z]+://", "")
            .replaceFirst("/.*$", "")
            .replaceFirst(":443$", "")
            .replaceFirst("\\.(?=$|:)", "");
    if (!DOMAIN.matcher(domain).matches()) {
      throw about(given, text).expected("a domain such as sync.example.com");
    }
    return domain;
  }

  private static String authority(String keyId) {
    URI uri = URI.create(keyId);
    String host = uri.getHost().toLowerCase(Locale.ROOT).replaceFirst("\\.$", "");
    return uri.getPort() < 0 || uri.getPort() == 443 ? host : host + ":" + uri.getPort();
  }

  private static String withoutPort(String domain) {
    return domain.replaceFirst(":[0-9]+$", "");
  }

  private static SettingsReader.Given about(SettingsReader.Given given, String entry) {
    return new SettingsReader.Given(given.setting(), given.variable(), entry);
  }
}
