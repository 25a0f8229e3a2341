package dev.betterbase.sync.http;

import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;
import java.util.Map;

/**
 * The HTTP routes, at the root of the application. The container finds resources and mappers by
 * their annotations, so a new route is a new class and nothing here changes.
 */
@ApplicationPath("/")
public class RestApplication extends Application {
  /** Jersey's description of the routes, for which it would set up JAXB at each start, is off. */
  @Override
  public Map<String, Object> getProperties() {
    return Map.of("jersey.config.server.wadl.disableWadl", true);
  }
}
