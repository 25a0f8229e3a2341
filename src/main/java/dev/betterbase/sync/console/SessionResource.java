package dev.betterbase.sync.console;

import dev.betterbase.sync.address.ClientAddresses;
import dev.betterbase.sync.console.Admission.SignIn;
import dev.betterbase.sync.http.JsonError;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.json.Json;
import jakarta.json.JsonObjectBuilder;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.util.Optional;

/** {@code /admin/api/session}: signs in and out. */
@Path("/admin/api/session")
@RequestScoped
@Produces(MediaType.APPLICATION_JSON)
public class SessionResource {
  @Inject private Admission admission;
  @Inject private ClientAddresses addresses;
  @Context private HttpServletRequest request;

  /** Whether the browser is signed in, and for how long; answers anyone. */
  @GET
  public Response get() {
    Optional<Duration> left = ConsoleRequest.session(request).flatMap(admission::left);
    JsonObjectBuilder answer = Json.createObjectBuilder().add("signed_in", left.isPresent());
    left.ifPresent(time -> answer.add("seconds_left", time.toSeconds()));
    return Response.ok(answer.build().toString()).build();
  }

  /**
   * Signs in.
   *
   * @param token ADMIN_TOKEN, at most as long as {@link ConsoleFilter} lets a body be
   */
  @POST
  @Consumes(MediaType.TEXT_PLAIN)
  public Response signIn(String token) {
    return switch (admission.signIn(token.strip(), addresses.of(request))) {
      case SignIn.Done(String session) ->
          Response.noContent()
              .header(
                  HttpHeaders.SET_COOKIE,
                  ConsoleRequest.cookie(request, session, Sessions.LIFE.toSeconds()))
              .build();
      case SignIn.Wrong() ->
          Response.status(Response.Status.FORBIDDEN).entity(JsonError.body("wrong token")).build();
      case SignIn.TooEarly(Duration left) -> tooEarly(left.toSeconds() + 1);
    };
  }

  private static Response tooEarly(long seconds) {
    return Response.status(Response.Status.TOO_MANY_REQUESTS)
        .header(HttpHeaders.RETRY_AFTER, seconds)
        .entity(JsonError.body("a token was wrong: try again in " + seconds + " s"))
        .build();
  }

  /** Signs out. */
  @DELETE
  public Response signOut() {
    ConsoleRequest.session(request).ifPresent(admission::signOut);
    return Response.noContent()
        .header(HttpHeaders.SET_COOKIE, ConsoleRequest.cookie(request, "", 0))
        .build();
  }
}
