package dev.betterbase.sync.identity;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import dev.betterbase.sync.settings.DevelopmentMode;
import dev.betterbase.sync.settings.Settings;
import dev.betterbase.sync.settings.TrustedIssuer;
import jakarta.annotation.PreDestroy;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.text.ParseException;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes from the settings what tells who is calling, and owns the fetching of key sets. */
@ApplicationScoped
public class IdentityProducer {
  @Inject private Settings settings;

  @Resource(lookup = "java:comp/DefaultManagedExecutorService")
  private ManagedExecutorService executor;

  private volatile @Nullable JwksFetcher fetcher;

  /** For the container. */
  public IdentityProducer() {}

  /** The verifier of access tokens of the trusted issuers. */
  @Produces
  @Singleton
  public AccessTokenVerifier accessTokenVerifier() {
    InstantSource clock = InstantSource.system();
    Map<String, KeySetSource> issuers =
        settings.developmentMode() ? builtInIssuer() : remoteIssuers(clock);
    return new AccessTokenVerifier(
        issuers, settings.audiences(), settings.personalSpacePolicy(), clock);
  }

  /** Whose mailbox is whose. */
  @Produces
  @Singleton
  public MailboxOwners mailboxOwners(MailboxStore store) {
    return new MailboxOwners(store, settings.trustedIssuers().size() > 1);
  }

  private Map<String, KeySetSource> remoteIssuers(InstantSource clock) {
    JwksFetcher started = new JwksFetcher(executor);
    fetcher = started;
    Map<String, KeySetSource> issuers = new HashMap<>();
    for (TrustedIssuer issuer : settings.trustedIssuers()) {
      issuers.put(
          issuer.issuer(),
          new JwksSource(issuer.issuer(), () -> started.fetch(issuer.jwksUrl()), clock));
    }
    return issuers;
  }

  /** Its key set is handed over in process: over HTTP it would depend on the port. */
  private static Map<String, KeySetSource> builtInIssuer() {
    String jwk =
        DevelopmentMode.privateJwk()
            .orElseThrow(() -> new IllegalStateException("development mode without its key"));
    try {
      // The text of a JWKSet holds public members only.
      Jwks keys = Jwks.parse(new JWKSet(JWK.parse(jwk)).toString());
      return Map.of(DevelopmentMode.ISSUER, new FixedKeySet(keys));
    } catch (ParseException malformed) {
      throw new IllegalStateException("the built-in issuer's key is malformed");
    }
  }

  @PreDestroy
  void stopFetching() {
    JwksFetcher started = fetcher;
    if (started != null) {
      started.close();
    }
  }
}
