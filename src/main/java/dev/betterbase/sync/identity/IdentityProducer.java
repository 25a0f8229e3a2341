package dev.betterbase.sync.identity;

import dev.betterbase.sync.fault.Fault;
import dev.betterbase.sync.fault.RecentFaults;
import dev.betterbase.sync.settings.DatabaseSettings;
import dev.betterbase.sync.settings.DevelopmentMode;
import dev.betterbase.sync.settings.Settings;
import dev.betterbase.sync.settings.TrustedIssuer;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.annotation.PreDestroy;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Creates the verifiers of tokens from the settings, and owns the fetching of key sets. */
@ApplicationScoped
public class IdentityProducer {
  @Inject private Settings settings;
  @Inject private MeterRegistry meters;
  @Inject private RecentFaults faults;

  @Resource(lookup = "java:comp/DefaultManagedExecutorService")
  private ManagedExecutorService executor;

  private volatile @Nullable JwksFetcher fetcher;

  /** For the container. */
  public IdentityProducer() {}

  /** The verifier of access tokens of the trusted issuers. */
  @Produces
  @Singleton
  public AccessTokenVerifier accessTokenVerifier(Optional<DevelopmentIssuer> builtIn) {
    // The built-in issuer's keys are handed over here: fetching them would depend on the port.
    Map<String, KeySetSource> issuers =
        builtIn
            .map(issuer -> Map.of(DevelopmentMode.ISSUER, issuer.keys()))
            .orElseGet(() -> remoteIssuers());
    return new AccessTokenVerifier(
        issuers,
        settings.audiences(),
        settings.personalSpacePolicy(),
        settings.maxTokenLifetime(),
        InstantSource.system());
  }

  /** The verifier of capabilities. */
  @Produces
  @Singleton
  public UcanVerifier ucanVerifier() {
    var verifier = new UcanVerifier(InstantSource.system());
    verifier.register(meters);
    return verifier;
  }

  /** The built-in issuer; empty unless the server runs as {@code serve --dev}. */
  @Produces
  @Singleton
  public Optional<DevelopmentIssuer> developmentIssuer() {
    return DevelopmentMode.privateJwk().map(key -> DevelopmentIssuer.of(key, settings.audiences()));
  }

  /** The owners of the mailboxes. */
  @Produces
  @Singleton
  public MailboxOwners mailboxOwners(MailboxStore store) {
    DatabaseSettings database = settings.database();
    Duration patience = database.poolWait().plus(database.statementTimeout());
    var owners =
        new MailboxOwners(
            new MailboxClaims(store::claim, patience), settings.trustedIssuers().size() > 1);
    owners.register(meters);
    return owners;
  }

  private Map<String, KeySetSource> remoteIssuers() {
    JwksFetcher started = new JwksFetcher(executor);
    fetcher = started;
    Map<String, KeySetSource> issuers = new HashMap<>();
    for (TrustedIssuer issuer : settings.trustedIssuers()) {
      var source = new JwksSource(issuer.issuer(), () -> fetch(started, issuer), System::nanoTime);
      source.register(meters, issuer.issuer());
      issuers.put(issuer.issuer(), source);
    }
    return issuers;
  }

  private CompletableFuture<Jwks> fetch(JwksFetcher started, TrustedIssuer issuer) {
    return started
        .fetch(issuer.jwksUrl())
        .whenComplete(
            (keys, failure) -> {
              if (failure != null) {
                faults.add(Fault.Kind.KEY_SET, issuer.issuer(), failure);
              }
            });
  }

  @PreDestroy
  void stopFetching() {
    JwksFetcher started = fetcher;
    if (started != null) {
      started.close();
    }
  }
}
