package dev.betterbase.sync.launcher.boot;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Formats a log event as one line of text: time in UTC, level, logger, message. If the event has a
 * stack trace, it follows on lines of its own.
 */
public class LogLine extends Formatter {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  /**
   * Formats a log event as a JSON object on one line, including its stack trace. The ids that the
   * message has in braces become members of their own.
   */
  public static final class Json extends LogLine {
    private static final String CONTEXT = "(connection|method|space|file)=([\\w.-]+)";
    private static final Pattern BRACES =
        Pattern.compile("\\{(" + CONTEXT + "(?:, " + CONTEXT + ")*)\\}");
    private static final Pattern EACH = Pattern.compile(CONTEXT);

    @Override
    public String format(LogRecord event) {
      StringBuilder line = new StringBuilder(200);
      line.append("{\"time\":\"").append(TIME.format(event.getInstant())).append('"');
      member(line, "level", event.getLevel().getName());
      member(line, "logger", loggerName(event));
      String message = formatMessage(event);
      member(line, "message", message);
      Matcher context = BRACES.matcher(message);
      if (context.find()) {
        Matcher each = EACH.matcher(context.group(1));
        while (each.find()) {
          member(line, each.group(1), each.group(2));
        }
      }
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
