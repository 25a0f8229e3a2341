package dev.betterbase.sync.federation;

import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.rpc.NotificationHandler;
import dev.betterbase.sync.rpc.RpcConnection;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Set;

/**
 * The notifications {@code sync}, {@code membership}, {@code file} and {@code revoked} of a peer
 * that calls (federation.md): passed on to the local subscribers of spaces whose home it is.
 */
abstract class HomeNoticeHandler implements NotificationHandler<HomeNotice> {
  private final String method;

  @Inject private HomeNotices notices;

  /** A push at the home server. */
  @ApplicationScoped
  public static class OfPush extends HomeNoticeHandler {
    public OfPush() {
      super("sync");
    }
  }

  /** A membership entry at the home server. */
  @ApplicationScoped
  public static class OfMembership extends HomeNoticeHandler {
    public OfMembership() {
      super("membership");
    }
  }

  /** A file at the home server. */
  @ApplicationScoped
  public static class OfFile extends HomeNoticeHandler {
    public OfFile() {
      super("file");
    }
  }

  /** A revocation at the home server. */
  @ApplicationScoped
  public static class OfRevocation extends HomeNoticeHandler {
    public OfRevocation() {
      super("revoked");
    }
  }

  HomeNoticeHandler(String method) {
    this.method = method;
  }

  @Override
  public Set<String> methods() {
    return Set.of(method);
  }

  @Override
  public Callers callers() {
    return Callers.PEERS;
  }

  @Override
  public HomeNotice read(CborReader reader) {
    return HomeNotice.read(method, reader);
  }

  @Override
  public void handle(RpcConnection connection, HomeNotice notice) {
    notices.passOn(PeerSpaces.peer(connection), notice);
  }
}
