package dev.betterbase.sync.console;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.PreMatching;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.ext.Provider;
import java.util.regex.Pattern;

/**
 * Lets only those requests reach the resources of the admin page that {@link ConsoleFilter} has
 * admitted. To all others they are unknown paths, whatever the method, the spelling of the path or
 * the bearer token.
 */
@Provider
@PreMatching
public class ConsoleGate implements ContainerRequestFilter {
  /** The attribute of an admitted request. */
  static final String ADMITTED = ConsoleGate.class.getName() + ".admitted";

  private static final Pattern ADMIN = Pattern.compile("/*admin");

  @Context private HttpServletRequest request;

  @Override
  public void filter(ContainerRequestContext context) {
    // The path is decoded here, as it is when resources are matched.
    if (ADMIN.matcher(context.getUriInfo().getPath()).lookingAt()
        && request.getAttribute(ADMITTED) == null) {
      throw new NotFoundException();
    }
  }
}
