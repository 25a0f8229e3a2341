package dev.betterbase.sync.launcher.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** The output of an {@code admin} command: text, or one line of JSON with {@code --json}. */
final class Output {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Spec(Target.MIXEE)
  private CommandSpec command;

  @Option(names = "--json", description = "Prints one line of JSON.")
  private boolean json;

  boolean isJson() {
    return json;
  }

  /** The standard error of the command. */
  PrintWriter err() {
    return command.commandLine().getErr();
  }

  /** Prints a value of maps, lists, texts and numbers as JSON. */
  void json(Object value) {
    try {
      text(List.of(JSON.writeValueAsString(value)));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Prints lines of text. */
  void text(List<String> lines) {
    PrintWriter out = command.commandLine().getOut();
    lines.forEach(out::println);
    out.flush();
  }
}
