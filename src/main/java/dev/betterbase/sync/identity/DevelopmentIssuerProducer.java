package dev.betterbase.sync.identity;

import dev.betterbase.sync.settings.DevelopmentMode;
import dev.betterbase.sync.settings.Settings;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.Optional;

/** Gives the application its built-in issuer, or none. */
@ApplicationScoped
public class DevelopmentIssuerProducer {

  /** The built-in issuer; empty where this is no {@code serve --dev}. */
  @Produces
  @Singleton
  public Optional<DevelopmentIssuer> developmentIssuer(Settings settings) {
    return DevelopmentMode.privateJwk().map(key -> DevelopmentIssuer.of(key, settings.audiences()));
  }
}
