package dev.betterbase.sync.launcher.payara;

import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.launcher.boot.LogLine;
import dev.betterbase.sync.settings.LogFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.logging.LogManager;

/** What is logged, and how: the application's events, and of the server what is a warning. */
public final class Logs {
  private static final String PROPERTIES =
      """
      handlers=java.util.logging.ConsoleHandler
      java.util.logging.ConsoleHandler.level=INFO
      java.util.logging.ConsoleHandler.filter=dev.betterbase.sync.launcher.boot.ServerNoise
      java.util.logging.ConsoleHandler.formatter=%s
      .level=WARNING
      # Certificates of authorities that expired, in a listing of the server's own.
      javax.enterprise.system.security.ssl.level=SEVERE
      dev.betterbase.sync.level=INFO
      """;

  private Logs() {}

  /** Sets the logging of this process up; the server is told to take the same file. */
  public static void configure(Path folder, LogFormat format) {
    Class<?> formatter =
        switch (format) {
          case TEXT -> LogLine.class;
          case JSON -> LogLine.Json.class;
        };
    try {
      Path file = folder.resolve("logging.properties");
      Files.writeString(file, PROPERTIES.formatted(formatter.getName()));
      System.setProperty("java.util.logging.config.file", file.toString());
      LogManager.getLogManager().readConfiguration();
    } catch (IOException e) {
      throw new StartRefused("the log cannot be set up: " + e, e);
    }
  }
}
