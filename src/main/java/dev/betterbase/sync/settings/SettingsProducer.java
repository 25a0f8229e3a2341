package dev.betterbase.sync.settings;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.function.Function;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jspecify.annotations.Nullable;

/** Gives the application its settings, read through MicroProfile Config. */
@ApplicationScoped
public class SettingsProducer {
  /**
   * The settings, read once.
   *
   * @throws InvalidSetting where one is bad, which stops the deployment
   */
  @Produces
  @Singleton
  public Settings settings() {
    Config config = ConfigProvider.getConfig();
    // Raw, since a password may hold what the expressions of MicroProfile Config are made of.
    Function<String, @Nullable String> source = name -> config.getConfigValue(name).getRawValue();
    return DevelopmentMode.privateJwk().isPresent()
        ? Settings.readForDevelopment(source)
        : Settings.read(source);
  }
}
