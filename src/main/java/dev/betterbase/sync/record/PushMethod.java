package dev.betterbase.sync.record;

import dev.betterbase.sync.fault.FailureLog;
import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.ErrorCode;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.WireError;
import dev.betterbase.sync.rpc.method.Call;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.LogContext;
import dev.betterbase.sync.rpc.method.Reply;
import dev.betterbase.sync.space.SpaceAction;
import dev.betterbase.sync.space.SpaceRequestHandler;
import java.util.Set;

/** {@code push}, as clients and peers call it. */
public abstract class PushMethod extends SpaceRequestHandler<PushParams> {
  private static final FailureLog LOG = new FailureLog(PushMethod.class);

  @Override
  public Set<String> methods() {
    return Set.of("push");
  }

  @Override
  public SpaceAction action() {
    return SpaceAction.PUSH;
  }

  @Override
  public String invalidParams() {
    return "invalid push params";
  }

  @Override
  public PushParams read(CborReader reader) {
    return PushParams.read(reader);
  }

  /**
   * The answer to a push that was refused: a result, as all but undecodable params are (methods.md,
   * push). A failure of the database is logged.
   */
  @Override
  protected Reply failed(Connection connection, Call<PushParams> call, Failure why) {
    if (why instanceof Failure.Internal && why.getCause() != null) {
      LOG.failed(
          call.method(), why.getCause(), LogContext.of(connection, call.method(), call.sent()));
    }
    return refused(WireError.of(why).code());
  }

  /** The answer to a push that was refused. */
  static Reply refused(ErrorCode code) {
    return Reply.refused(
        code, writer -> writer.beginMap(2).field("ok", false).field("error", code.text()).endMap());
  }
}
