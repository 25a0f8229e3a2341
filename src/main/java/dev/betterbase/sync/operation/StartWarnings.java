package dev.betterbase.sync.operation;

import dev.betterbase.sync.settings.Domain;
import dev.betterbase.sync.settings.Settings;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/** Warns an operator of settings that are risky on a server that others can reach. */
final class StartWarnings {
  private StartWarnings() {}

  /**
   * One sentence for each; none in development mode, which serves this machine only.
   *
   * @param ownListener whether LISTEN_ADDR is in force, and not the listener of a server
   */
  static List<String> of(Settings settings, boolean ownListener) {
    List<String> warnings = new ArrayList<>();
    if (settings.developmentMode()) {
      return warnings;
    }
    if (ownListener
        && settings.listenAddress().isOnAllInterfaces()
        && settings.trustedProxies().isEmpty()) {
      warnings.add(
          "LISTEN_ADDR is on all addresses, this server has no TLS, and TRUSTED_PROXIES is not set:"
              + " anyone on the way can read the tokens of clients that connect directly. Put a"
              + " proxy with TLS in front, and set TRUSTED_PROXIES to its address, or LISTEN_ADDR"
              + " to 127.0.0.1:5379 if it is on this machine");
    }
    if (settings.audiences().isEmpty()) {
      warnings.add(
          "AUDIENCES is not set: tokens that the issuers made for other services are accepted here"
              + " too");
    }
    if (settings.maxTokenLifetime().isZero()) {
      warnings.add(
          "MAX_TOKEN_LIFETIME is not set: a token that leaks is good until it expires, however late"
              + " that is. Set it to the longest life that the issuers give a token, in seconds,"
              + " such as 86400");
    }
    if (settings.identityHashKey().isEmpty()) {
      warnings.add(
          "IDENTITY_HASH_KEY is not set: limits by person are generous, and forgotten at a restart."
              + " Set it to the output of `openssl rand -hex 32`");
    }
    if (settings.federation().isEnabled() && settings.federation().domain().isEmpty()) {
      warnings.add(
          "FEDERATION_DOMAIN is not set: peers on other machines are refused, because what they"
              + " sign may be meant for another server");
    }
    settings.trustedIssuers().stream()
        .filter(issuer -> issuer.jwksUrl().getScheme().equalsIgnoreCase("http"))
        .filter(issuer -> !isLoopback(issuer.jwksUrl()))
        .forEach(
            issuer ->
                warnings.add(
                    "The keys of the issuer "
                        + issuer.issuer()
                        + " are fetched without TLS: whoever is on the way can make tokens"));
    return warnings;
  }

  /** Not by its host: a URI has none if the name contains an underscore, as those of Compose do. */
  private static boolean isLoopback(URI url) {
    return Domain.of(url.getRawAuthority()).filter(Domain::isLoopback).isPresent();
  }
}
