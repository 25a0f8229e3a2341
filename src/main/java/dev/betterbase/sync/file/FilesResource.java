package dev.betterbase.sync.file;

import dev.betterbase.sync.file.FileAccess.Granted;
import dev.betterbase.sync.http.TokenCaller;
import dev.betterbase.sync.identity.AccessToken;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.Caller.Member;
import dev.betterbase.sync.space.RootKeys;
import dev.betterbase.sync.space.SpaceAction;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HEAD;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import java.io.InputStream;
import java.util.Optional;

/**
 * {@code /api/v1/spaces/{space_id}/files/{id}} (http.md, Files): files of this server, and of
 * spaces that live elsewhere.
 */
@Path("/api/v1/spaces/{space_id}/files/{id}")
@RequestScoped
public class FilesResource {
  private static final String SCOPE = "files";

  @Inject private FileStorages storages;
  @Inject private FileAccess access;
  @Inject private RootKeys rootKeys;
  @Inject private FileAnswers here;
  @Inject private FilePassage elsewhere;

  @PathParam("space_id")
  private String spaceId;

  @PathParam("id")
  private String fileId;

  @Context private SecurityContext security;
  @Context private HttpHeaders headers;

  @PUT
  public Response put(InputStream body) {
    Granted granted = require(SpaceAction.FILE_PUT);
    return home(granted)
        .map(home -> elsewhere.put(home, granted.key(), headers, body))
        .orElseGet(() -> here.put(granted, headers, body, bytes -> {}));
  }

  @GET
  public Response get() {
    Granted granted = require(SpaceAction.FILE_GET);
    return home(granted)
        .map(home -> elsewhere.get(home, granted.key(), headers))
        .orElseGet(() -> here.get(granted, headers));
  }

  @HEAD
  public Response head() {
    Granted granted = require(SpaceAction.FILE_HEAD);
    return home(granted)
        .map(home -> elsewhere.head(home, granted.key(), headers))
        .orElseGet(() -> here.head(granted, headers));
  }

  private Granted require(SpaceAction action) {
    AccessToken caller = caller();
    requireRoute(caller);
    if (!caller.scopes().contains(SCOPE)) {
      throw new Failure.Forbidden("files scope required");
    }
    return access.require(
        new Member(caller), spaceId, fileId, headers.getHeaderString("X-UCAN"), action);
  }

  /** Without a storage there is no such route, but to files that are kept elsewhere. */
  private void requireRoute(AccessToken caller) {
    if (storages.chosen().isEmpty()
        && SpaceId.parse(spaceId)
            .filter(space -> !caller.personalSpace().equals(Optional.of(space)))
            .flatMap(space -> rootKeys.find(space).home())
            .isEmpty()) {
      throw new NotFoundException();
    }
  }

  /** The server where the space lives; empty where that is this one. */
  private Optional<String> home(Granted granted) {
    return granted.access().capability().isPresent()
        ? rootKeys.find(granted.key().space()).home()
        : Optional.empty();
  }

  private AccessToken caller() {
    if (security.getUserPrincipal() instanceof TokenCaller caller) {
      return caller.token();
    }
    throw new IllegalStateException("a request without a bearer passed the filter");
  }
}
