package dev.betterbase.sync.file;

import dev.betterbase.sync.address.ClientAddresses;
import dev.betterbase.sync.file.FileAccess.Permit;
import dev.betterbase.sync.http.BearerToken;
import dev.betterbase.sync.identity.AccessToken;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.rpc.method.Caller.Member;
import dev.betterbase.sync.security.SecurityLog;
import dev.betterbase.sync.space.SpaceAction;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HEAD;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import org.eclipse.microprofile.jwt.JsonWebToken;

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
  @Inject private FileAnswers here;
  @Inject private FilePassage elsewhere;
  @Inject private JsonWebToken token;
  @Inject private ClientAddresses addresses;
  @Inject private SecurityLog security;

  @PathParam("space_id")
  private String spaceId;

  @PathParam("id")
  private String fileId;

  @Context private HttpHeaders headers;
  @Context private HttpServletRequest request;

  @PUT
  public Response put(InputStream body) {
    Permit permit = require(SpaceAction.FILE_PUT);
    try {
      return permit
          .access()
          .home()
          .map(home -> elsewhere.put(home, permit.key(), headers, body, sharer()))
          .orElseGet(() -> here.put(permit, headers, sharer(), body, bytes -> {}));
    } catch (Failure.QuotaExceeded full) {
      security.limitReached("upload", security.person(BearerToken.read(token)));
      throw full;
    }
  }

  @GET
  public Response get() {
    Permit permit = require(SpaceAction.FILE_GET);
    return permit
        .access()
        .home()
        .map(home -> elsewhere.get(home, permit.key(), headers, sharer()))
        .orElseGet(() -> here.get(permit, headers, sharer()));
  }

  @HEAD
  public Response head() {
    Permit permit = require(SpaceAction.FILE_HEAD);
    return permit
        .access()
        .home()
        .map(home -> elsewhere.head(home, permit.key(), headers, sharer()))
        .orElseGet(() -> here.head(permit, headers));
  }

  private Sharer sharer() {
    return new Sharer(BearerToken.read(token).person(), addresses.of(request));
  }

  private Permit require(SpaceAction action) {
    AccessToken caller = BearerToken.read(token);
    String ucan = headers.getHeaderString("X-UCAN");
    if (storages.chosen().isEmpty()) {
      // Without a storage the only files are those that are kept elsewhere.
      return access
          .requireElsewhere(
              new Member(caller), spaceId, fileId, ucan, action, () -> requireScope(caller))
          .orElseThrow(NotFoundException::new);
    }
    requireScope(caller);
    return access.require(new Member(caller), spaceId, fileId, ucan, action);
  }

  private static void requireScope(AccessToken caller) {
    if (!caller.scopes().contains(SCOPE)) {
      throw new Failure.Forbidden("files scope required");
    }
  }
}
