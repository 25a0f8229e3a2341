package dev.betterbase.sync.rpc.transport.upgrade;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.betterbase.sync.rpc.transport.TransportConnection;
import java.util.List;
import org.eclipse.jetty.websocket.core.OpCode;

/** Sends text messages, which the server itself never does, for the conformance suite. */
public final class TextEcho {
  private TextEcho() {}

  /** Sends one text message. One call at a time. */
  public static void send(TransportConnection connection, String text, Runnable done) {
    ((UpgradeConnection) connection).offer(OpCode.TEXT, List.of(text.getBytes(UTF_8)), done);
  }
}
