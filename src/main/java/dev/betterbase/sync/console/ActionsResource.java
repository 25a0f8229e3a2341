package dev.betterbase.sync.console;

import dev.betterbase.sync.address.ClientAddresses;
import dev.betterbase.sync.federation.trust.Peers;
import dev.betterbase.sync.http.HttpError;
import dev.betterbase.sync.rpc.ConnectionSummary;
import dev.betterbase.sync.rpc.RpcServer;
import dev.betterbase.sync.rpc.method.Caller;
import dev.betterbase.sync.security.SecurityLog;
import dev.betterbase.sync.settings.Domain;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObjectBuilder;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;

/**
 * The actions of an operator on this node: end a connection, pause a peer, drain the node. All of
 * it is over when the server is started again.
 */
@Path("/admin/api")
@RequestScoped
public class ActionsResource {
  private static final int CONNECTIONS_SHOWN = 50;

  @Inject private RpcServer server;
  @Inject private Peers peers;
  @Inject private SecurityLog security;
  @Inject private ClientAddresses addresses;
  @Context private HttpServletRequest request;

  /** The connections with most bytes that wait to be sent. */
  @GET
  @Path("/connections")
  @Produces(MediaType.APPLICATION_JSON)
  public String connections() {
    JsonArrayBuilder all = Json.createArrayBuilder();
    for (ConnectionSummary each : server.connections(CONNECTIONS_SHOWN)) {
      JsonObjectBuilder connection =
          Json.createObjectBuilder()
              .add("id", each.id())
              .add("kind", each.kind())
              .add("age", each.age().toSeconds())
              .add("sent", each.sentBytes())
              .add("waiting", each.waitingBytes())
              .add("highest", each.highWaterBytes());
      each.lastCall()
          .ifPresent(
              call ->
                  connection.add("method", call.method()).add("called", call.ago().toSeconds()));
      all.add(connection);
    }
    return all.build().toString();
  }

  /**
   * Ends a connection.
   *
   * @param text its id, as the list and the log have it
   */
  @POST
  @Path("/connections/end")
  @Consumes(MediaType.TEXT_PLAIN)
  public void endConnection(String text) {
    String id = text.strip();
    // Only an id that a connection has reaches the log.
    if (!server.end(id)) {
      throw new HttpError(404, "there is no connection with this id on this node");
    }
    log("end connection " + id);
  }

  /**
   * Refuses the calls of a peer, and ends its connections.
   *
   * @param domain a trusted domain, as the figures have it
   */
  @POST
  @Path("/peers/pause")
  @Consumes(MediaType.TEXT_PLAIN)
  public void pause(String domain) {
    String host = trusted(domain);
    peers.pause(host);
    server.endThoseOf(new Caller.Peer(host));
    log("pause peer " + host);
  }

  /** Takes the calls of a peer again. */
  @POST
  @Path("/peers/resume")
  @Consumes(MediaType.TEXT_PLAIN)
  public void resume(String domain) {
    String host = trusted(domain);
    peers.resume(host);
    log("resume peer " + host);
  }

  private String trusted(String domain) {
    return Domain.of(domain.strip())
        .map(Domain::host)
        .filter(peers::trusts)
        .orElseThrow(() -> new HttpError(404, "no trusted server has this domain"));
  }

  /** Takes no more connections, and closes those that are open. */
  @POST
  @Path("/drain/begin")
  public void drain() {
    server.drain();
    log("drain");
  }

  /** Takes connections again. */
  @POST
  @Path("/drain/end")
  public void undrain() {
    server.undrain();
    log("end of drain");
  }

  private void log(String action) {
    security.adminAct(action, addresses.of(request));
  }
}
