package dev.betterbase.sync.federation.serving;

import dev.betterbase.sync.address.ClientAddresses;
import dev.betterbase.sync.federation.trust.Peers;
import dev.betterbase.sync.file.FileAccess;
import dev.betterbase.sync.file.FileAccess.Permit;
import dev.betterbase.sync.file.FileAnswers;
import dev.betterbase.sync.file.Sharer;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.rpc.PeerPrincipal;
import dev.betterbase.sync.rpc.method.Caller;
import dev.betterbase.sync.space.SpaceAction;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HEAD;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import java.io.InputStream;

/**
 * {@code /api/v1/federation/spaces/{space_id}/files/{id}} (federation.md, Files): files of this
 * server's spaces, for the members of peers. The UCAN alone authorises a request.
 */
@Path("/api/v1/federation/spaces/{space_id}/files/{id}")
@RequestScoped
public class PeerFilesResource {
  @Inject private FileAccess access;
  @Inject private FileAnswers files;
  @Inject private Peers peers;
  @Inject private ClientAddresses addresses;

  @PathParam("space_id")
  private String spaceId;

  @PathParam("id")
  private String fileId;

  @Context private SecurityContext security;
  @Context private HttpHeaders headers;
  @Context private HttpServletRequest request;

  @PUT
  public Response put(InputStream body) {
    return files.put(require(SpaceAction.FILE_PUT), headers, sharer(), body, this::count);
  }

  @GET
  public Response get() {
    return files.get(require(SpaceAction.FILE_GET), headers, sharer());
  }

  @HEAD
  public Response head() {
    return files.head(require(SpaceAction.FILE_HEAD), headers);
  }

  private Sharer sharer() {
    return new Sharer(new Caller.Peer(peer()), addresses.of(request));
  }

  private void count(long bytes) {
    if (!peers.quota(peer()).takeFile(bytes)) {
      throw new Failure.RateLimited("file upload quota exceeded");
    }
  }

  private Permit require(SpaceAction action) {
    return access.require(
        new Caller.Peer(peer()), spaceId, fileId, headers.getHeaderString("X-UCAN"), action);
  }

  private String peer() {
    if (security.getUserPrincipal() instanceof PeerPrincipal peer) {
      return peer.domain();
    }
    throw new IllegalStateException("a request without a signature passed the filter");
  }
}
