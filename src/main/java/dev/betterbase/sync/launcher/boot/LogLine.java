package dev.betterbase.sync.launcher.boot;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/**
 * Formats a log event as one line of text: time in UTC, level, logger, message. If the event has a
 * stack trace, it follows on lines of its own.
 */
public class LogLine extends Formatter {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  /** Formats a log event as a JSON object on one line, including its stack trace. */
  public static final class Json extends LogLine {
    @Override
    public String format(LogRecord event) {
      StringBuilder line = new StringBuilder(200);
      line.append("{\"time\":\"").append(TIME.format(event.getInstant())).append('"');
      member(line, "level", event.getLevel().getName());
      member(line, "logger", loggerName(event));
      member(line, "message", formatMessage(event));
      if (event.getThrown() != null) {
        member(line, "error", stackTrace(event.getThrown()));
      }
      return line.append("}\n").toString();
    }

    // Written by hand, because no JSON library is on the system class path.
    private static void member(StringBuilder line, String name, String value) {
      line.append(",\"").append(name).append("\":\"");
      for (int i = 0; i < value.length(); i++) {
        char c = value.charAt(i);
        if (c == '"' || c == '\\') {
          line.append('\\').append(c);
        } else if (c < 0x20 || Character.isSurrogate(c)) {
          line.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
        } else {
          line.append(c);
        }
      }
      line.append('"');
    }
  }

  @Override
  public String format(LogRecord event) {
    String trace = event.getThrown() == null ? "" : stackTrace(event.getThrown());
    return TIME.format(event.getInstant())
        + " "
        + event.getLevel().getName()
        + " "
        + loggerName(event)
        + ": "
        + formatMessage(event).strip().replaceAll("\\p{Cntrl}+", " ")
        + "\n"
        + trace;
  }

  private static String loggerName(LogRecord event) {
    return event.getLoggerName() == null ? "" : event.getLoggerName();
  }

  private static String stackTrace(Throwable thrown) {
    StringWriter text = new StringWriter();
    thrown.printStackTrace(new PrintWriter(text, true));
    return text.toString();
  }
}
