package dev.betterbase.sync.settings;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.function.Function;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jspecify.annotations.Nullable;

/** Gives the application its settings, which it reads from MicroProfile Config. */
@ApplicationScoped
public class SettingsProducer {
  private static final Logger LOG = System.getLogger(SettingsProducer.class.getName());

  /**
   * Reads the settings, once.
   *
   * @throws InvalidSetting if one has a bad value, which stops the deployment
   */
  @Produces
  @Singleton
  public Settings settings() {
    Config config = ConfigProvider.getConfig();
    // The raw value, because a password may contain ${...}, which MicroProfile Config would expand.
    Function<String, @Nullable String> source = name -> config.getConfigValue(name).getRawValue();
    if (!DevelopmentMode.isUberJar()
        && Setting.DATABASE_URL.variables().anyMatch(name -> source.apply(name) != null)) {
      LOG.log(
          Level.WARNING,
          "DATABASE_URL is ignored: the application uses the server's datasource"
              + " jdbc/betterbase-sync");
    }
    return DevelopmentMode.privateJwk().isPresent()
        ? Settings.readForDevelopment(source)
        : Settings.read(source);
  }
}
