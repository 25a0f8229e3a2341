package dev.betterbase.sync.http;

import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;
import java.util.Map;

/**
 * The HTTP routes, at the root of the application. The container finds resources and mappers by
 * their annotations, so a new route needs no change here.
 */
@ApplicationPath("/")
public class RestApplication extends Application {
  /** Turns off Jersey's WADL, which would initialise JAXB at each start. */
  @Override
  public Map<String, Object> getProperties() {
    return Map.of("jersey.config.server.wadl.disableWadl", true);
  }
}
