package dev.betterbase.sync.operation;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The instructions of the Dockerfile in their order. */
record Dockerfile(List<Instruction> instructions) {
  private static final Pattern EXEC_FORM = Pattern.compile("(?s)(.*?)(\\[\".*\\])");

  /** An instruction, such as {@code RUN}, and what follows it on its line. */
  record Instruction(String name, String rest) {
    /** The words of the exec form (a JSON list), or the words of a shell that runs the line. */
    List<String> command() throws IOException {
      Matcher exec = EXEC_FORM.matcher(rest);
      return exec.matches()
          ? List.of(new ObjectMapper().readValue(exec.group(2), String[].class))
          : List.of("/bin/sh", "-c", rest);
    }

    /** The words that are no flags. */
    List<String> words() {
      return Pattern.compile("\\s+").splitAsStream(rest).filter(w -> !w.startsWith("--")).toList();
    }
  }

  static Dockerfile read() throws IOException {
    List<Instruction> instructions = new ArrayList<>();
    String text = Files.readString(Path.of("Dockerfile")).replaceAll("(?m)^\\s*#.*\\R", "");
    for (String line : text.replaceAll("\\\\\\R\\s*", "").lines().toList()) {
      if (!line.isBlank()) {
        String[] parts = line.strip().split("\\s+", 2);
        instructions.add(new Instruction(parts[0].toUpperCase(Locale.ROOT), parts[1]));
      }
    }
    return new Dockerfile(List.copyOf(instructions));
  }

  /** All instructions of a name. */
  List<Instruction> all(String name) {
    return instructions.stream().filter(each -> each.name().equals(name)).toList();
  }

  /** The last instruction of a name. */
  Instruction last(String name) {
    return all(name).getLast();
  }

  /** The instructions of the image itself, without the stages before it and its own FROM. */
  List<Instruction> finalStage() {
    int from = instructions.lastIndexOf(last("FROM"));
    return instructions.subList(from + 1, instructions.size());
  }
}
