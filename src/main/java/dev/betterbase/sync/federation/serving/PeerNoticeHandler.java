package dev.betterbase.sync.federation.serving;

import dev.betterbase.sync.federation.calling.HomeNotices;
import dev.betterbase.sync.federation.wire.HomeNotice;
import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.NotificationHandler;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Set;

/**
 * The notifications {@code sync}, {@code membership}, {@code file} and {@code revoked} from a peer
 * that is connected here (federation.md): passed on to the local subscribers of the spaces whose
 * home it is.
 */
abstract class PeerNoticeHandler implements NotificationHandler<HomeNotice> {
  private final String method;

  @Inject private HomeNotices notices;

  /** A push at the home server. */
  @ApplicationScoped
  public static class OfPush extends PeerNoticeHandler {
    public OfPush() {
      super("sync");
    }
  }

  /** A membership entry at the home server. */
  @ApplicationScoped
  public static class OfMembership extends PeerNoticeHandler {
    public OfMembership() {
      super("membership");
    }
  }

  /** A file at the home server. */
  @ApplicationScoped
  public static class OfFile extends PeerNoticeHandler {
    public OfFile() {
      super("file");
    }
  }

  /** A revocation at the home server. */
  @ApplicationScoped
  public static class OfRevocation extends PeerNoticeHandler {
    public OfRevocation() {
      super("revoked");
    }
  }

  PeerNoticeHandler(String method) {
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
  public void handle(Connection connection, HomeNotice notice) {
    notices.passOn(PeerSpaces.peer(connection), notice);
  }
}
