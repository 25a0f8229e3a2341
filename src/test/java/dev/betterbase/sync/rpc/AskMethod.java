package dev.betterbase.sync.rpc;

import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.Reply;
import dev.betterbase.sync.rpc.method.RequestHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** A request method that answers, fails, or does what the test wants. */
final class AskMethod implements RequestHandler<String> {

  final List<String> log = new ArrayList<>();
  Runnable meanwhile = () -> {};

  @Override
  public Set<String> methods() {
    return Set.of("ask");
  }

  @Override
  public String invalidParams() {
    return "invalid ask params";
  }

  @Override
  public String read(CborReader reader) {
    String text = "";
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      switch (key) {
        case "text" -> text = reader.text();
        default -> reader.skip();
      }
    }
    return text;
  }

  @Override
  public Reply handle(Connection connection, String text) {
    log.add(text);
    meanwhile.run();
    return switch (text) {
      case "forbidden" -> throw new Failure.Forbidden();
      case "fault" -> throw new IllegalStateException("a secret");
      default -> Reply.of(ConnectionFixture.textBody(text)).then(() -> log.add("after " + text));
    };
  }
}
