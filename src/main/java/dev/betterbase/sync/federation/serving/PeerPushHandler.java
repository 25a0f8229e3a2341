package dev.betterbase.sync.federation.serving;

import dev.betterbase.sync.federation.trust.Peers;
import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.record.PushHandler;
import dev.betterbase.sync.record.PushParams;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.Reply;
import dev.betterbase.sync.rpc.method.RequestHandler;
import dev.betterbase.sync.space.RootKeys;
import dev.betterbase.sync.space.SpaceAccess;
import dev.betterbase.sync.space.SpaceAccess.Decision;
import dev.betterbase.sync.space.SpaceAction;
import dev.betterbase.sync.storage.StorageException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Set;

/**
 * {@code push} of a peer (federation.md): a member's, which the UCAN alone authorises, within the
 * peer's quota. What is refused does not count against it.
 */
@ApplicationScoped
public class PeerPushHandler implements RequestHandler<PushParams> {
  @Inject private PushHandler client;
  @Inject private SpaceAccess access;
  @Inject private RootKeys spaces;
  @Inject private Peers peers;

  @Override
  public Set<String> methods() {
    return Set.of("push");
  }

  @Override
  public Callers callers() {
    return Callers.PEERS;
  }

  @Override
  public String invalidParams() {
    return "invalid push params";
  }

  @Override
  public PushParams read(CborReader reader) {
    return PushParams.read(reader);
  }

  @Override
  public Reply handle(Connection connection, PushParams params) {
    try {
      if (SpaceId.parse(params.space())
              .filter(space -> isGranted(connection, space, params))
              .isPresent()
          && !peers
              .quota(PeerSpaces.peer(connection))
              .takeRecords(params.changes().size(), params.bytes())) {
        throw new Failure.RateLimited("record push quota exceeded");
      }
    } catch (Failure.NotFound absent) {
      return PushHandler.refused(absent);
    } catch (StorageException unknown) {
      return PushHandler.refused(new Failure.Internal(unknown));
    }
    return client.handle(connection, params);
  }

  /**
   * Whether the UCAN carries it.
   *
   * @throws Failure.NotFound where a UCAN is shown for a space that does not exist
   */
  private boolean isGranted(Connection connection, SpaceId space, PushParams params) {
    if (params.ucan() != null && spaces.find(space).kind() == RootKeys.Kind.ABSENT) {
      throw new Failure.NotFound();
    }
    Decision decision =
        access.decide(
            connection.caller(), new SpaceAccess.Request(space, params.ucan(), SpaceAction.PUSH));
    return decision.granted().isPresent();
  }
}
