package dev.betterbase.sync.launcher.boot;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

/** The lines of the log of the jar. */
class LogLineTest {
  private static final String CONTEXT = "{connection=4f0e-1, method=space.create, space=6f1c}";

  private static LogRecord event(String message, Object... parameters) {
    LogRecord event = new LogRecord(Level.WARNING, message);
    event.setLoggerName("dev.betterbase.sync.Example");
    event.setParameters(parameters);
    return event;
  }

  private static JsonNode json(LogRecord event) throws IOException {
    String line = new LogLine.Json().format(event);
    assertThat(line).endsWith("}\n").hasLineCount(1);
    return new ObjectMapper().readTree(line);
  }

  @Test
  void aLineOfTextHasTheContextInBraces() {
    assertThat(new LogLine().format(event("{0} failed\n{1}", "push", CONTEXT)))
        .endsWith("Z WARNING dev.betterbase.sync.Example: push failed " + CONTEXT + "\n");
  }

  @Test
  void aLineOfJsonHasTheContextInMembers() throws IOException {
    JsonNode line = json(event("push \"failed\" {0}", CONTEXT));
    assertThat(line.path("message").asText()).isEqualTo("push \"failed\" " + CONTEXT);
    assertThat(line.path("connection").asText()).isEqualTo("4f0e-1");
    assertThat(line.path("method").asText()).isEqualTo("space.create");
    assertThat(line.path("space").asText()).isEqualTo("6f1c");
  }

  @Test
  void aLineWithoutContextHasNoSuchMember() throws IOException {
    assertThat(json(event("Stopping {level=1} in space=1")).fieldNames())
        .toIterable()
        .containsExactly("time", "level", "logger", "message");
  }
}
