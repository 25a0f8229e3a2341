package dev.betterbase.sync.federation.serving;

import dev.betterbase.sync.federation.trust.Peers;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.record.PushHandler;
import dev.betterbase.sync.record.PushMethod;
import dev.betterbase.sync.record.PushParams;
import dev.betterbase.sync.rpc.method.Call;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.Reply;
import dev.betterbase.sync.space.SpaceAccess.Refusal;
import dev.betterbase.sync.space.SpaceTask;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;

/**
 * {@code push} of a peer (federation.md): a member's push, which the UCAN alone authorises, within
 * the peer's quota. A push that is refused does not count against the quota.
 */
@ApplicationScoped
public class PeerPushHandler extends PushMethod {
  @Inject private PushHandler pushes;
  @Inject private Peers peers;

  @Override
  public Callers callers() {
    return Callers.PEERS;
  }

  @Override
  protected SpaceTask prepare(Connection connection, PushParams params) {
    SpaceTask push = pushes.prepare(connection, params);
    int records = params.changes().size();
    long bytes = params.bytes();
    return access -> {
      if (!peers.quota(PeerSpaces.peer(connection)).takeRecords(records, bytes)) {
        throw new Failure.RateLimited("record push quota exceeded");
      }
      return push.here(access);
    };
  }

  /** Unlike a client, a peer that shows a UCAN is told that the space does not exist. */
  @Override
  protected Failure refusal(PushParams params, Refusal why) {
    return why == Refusal.ABSENT && params.ucan() != null
        ? new Failure.NotFound()
        : new Failure.Forbidden();
  }

  @Override
  protected Reply failed(Connection connection, Call<PushParams> call, Failure why) {
    if (why instanceof Failure.RateLimited) {
      throw why;
    }
    return super.failed(connection, call, why);
  }
}
