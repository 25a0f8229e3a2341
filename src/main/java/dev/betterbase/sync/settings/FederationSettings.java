package dev.betterbase.sync.settings;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The trusted servers and their quotas (federation.md).
 *
 * @param domain this server's own domain in canonical form, if one is set
 * @param trustedDomains domains in canonical form, with a port unless it is 443
 * @param fetchesKeys whether keys that are not listed are fetched from their server. This is so if
 *     FEDERATION_TRUSTED_DOMAINS is set; otherwise only listed keys are trusted
 * @param trustedKeys Ed25519 public keys (32 bytes, base64url without padding) by key id
 * @param fstSecret the secret for the subscribe tokens of peers, if one is set
 * @param fstPreviousSecret the previous secret, which is still accepted, if one is set
 * @param quotas the quotas of each peer
 */
public record FederationSettings(
    Optional<String> domain,
    Set<String> trustedDomains,
    boolean fetchesKeys,
    Map<String, String> trustedKeys,
    Optional<Secret> fstSecret,
    Optional<Secret> fstPreviousSecret,
    Quotas quotas) {

  /** Whether any server is trusted. */
  public boolean isEnabled() {
    return !trustedDomains.isEmpty();
  }

  /**
   * Whether a host is trusted. Ports do not count.
   *
   * @param host a domain without port, as {@link Domain#host} returns it
   */
  public boolean trusts(String host) {
    return trustedDomains.stream().anyMatch(domain -> new Domain(domain).host().equals(host));
  }

  /**
   * Whether this server may call another. The port counts, for another port of a trusted host may
   * be another service. A loopback name that is trusted without a port is trusted on all ports.
   */
  public boolean mayCall(Domain domain) {
    return trustedDomains.contains(domain.text())
        || (domain.isLoopback() && trustedDomains.contains(domain.withoutPort()));
  }

  /**
   * The quotas of one peer.
   *
   * @param connections connections at a time
   * @param spaces spaces that it may be subscribed to at a time
   * @param recordsPerHour records that it may push in an hour
   * @param bytesPerHour bytes of blobs, files and DEKs that it may send in an hour
   * @param invitationsPerHour invitations that it may deliver in an hour
   */
  public record Quotas(
      int connections,
      int spaces,
      long recordsPerHour,
      long bytesPerHour,
      long invitationsPerHour) {}

  private static final int PUBLIC_KEY_BYTES = 32;

  /** The length of the HMAC key that is derived from it: a shorter secret could be guessed. */
  private static final int SECRET_BYTES = 32;

  static FederationSettings read(SettingsReader reader) {
    Set<String> domains = trustedDomains(reader);
    boolean named = !domains.isEmpty();
    Map<String, String> keys = trustedKeys(reader, domains);
    if (domains.isEmpty()) {
      keys.keySet().forEach(keyId -> domains.add(authority(keyId)));
    }
    return new FederationSettings(
        reader
            .findSet(Setting.FEDERATION_DOMAIN)
            .map(given -> canonicalDomain(given, given.value())),
        Set.copyOf(domains),
        named,
        Map.copyOf(keys),
        reader.findSet(Setting.FEDERATION_FST_SECRET).map(FederationSettings::secret),
        reader.findSet(Setting.FEDERATION_FST_PREVIOUS_SECRET).map(FederationSettings::secret),
        quotas(reader));
  }

  private static Secret secret(SettingsReader.Given given) {
    if (given.value().getBytes(StandardCharsets.UTF_8).length < SECRET_BYTES) {
      throw given.expected("at least " + SECRET_BYTES + " bytes, such as `openssl rand -hex 32`");
    }
    return new Secret(given.value());
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
    domains.forEach(domain -> hosts.add(new Domain(domain).host()));
    for (String entry : SettingsReader.split(given.get().value(), "\\s+")) {
      // The key may end in padding, and the key id may contain an equals sign.
      int equals = entry.replaceAll("=+$", "").lastIndexOf('=');
      String keyId = equals < 0 ? "" : entry.substring(0, equals);
      if (KeyId.parse(keyId).filter(KeyId::isInKeySet).isEmpty()
          || !isPublicKey(entry.substring(equals + 1))) {
        throw about(given.get(), entry)
            .expected(
                "<key id>=<base64url of 32 bytes>, where a key id is"
                    + " https://<domain>/.well-known/jwks.json#<name>");
      }
      if (!hosts.isEmpty() && !hosts.contains(KeyId.parse(keyId).orElseThrow().domain())) {
        throw about(given.get(), entry).expected("a key of a domain in FEDERATION_TRUSTED_DOMAINS");
      }
      if (keys.put(keyId, entry.substring(equals + 1).replace("=", "")) != null) {
        throw about(given.get(), entry).expected("each key id only once");
      }
    }
    return keys;
  }

  private static boolean isPublicKey(String text) {
    try {
      return Base64.getUrlDecoder().decode(text).length == PUBLIC_KEY_BYTES;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static String canonicalDomain(SettingsReader.Given given, String text) {
    return Domain.of(text)
        .orElseThrow(() -> about(given, text).expected("a domain such as sync.example.com"))
        .text();
  }

  private static String authority(String keyId) {
    return KeyId.parse(keyId).flatMap(KeyId::authority).orElseThrow().text();
  }

  private static SettingsReader.Given about(SettingsReader.Given given, String entry) {
    return new SettingsReader.Given(given.setting(), given.variable(), entry);
  }
}
