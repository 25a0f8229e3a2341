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

/** Gives the application its settings, read through MicroProfile Config. */
@ApplicationScoped
public class SettingsProducer {
  private static final Logger LOG = System.getLogger(SettingsProducer.class.getName());

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
    if (!DevelopmentMode.isUberJar() && source.apply(Setting.DATABASE_URL.name()) != null) {
      LOG.log(
          Level.WARNING, "DATABASE_URL is ignored: the database is the server's own datasource");
    }
    return DevelopmentMode.privateJwk().isPresent()
        ? Settings.readForDevelopment(source)
        : Settings.read(source);
  }
}
