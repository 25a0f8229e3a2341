package dev.betterbase.sync.http;

import dev.betterbase.sync.protocol.RecordId;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.LogContext;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The part of a line of the log that is about the HTTP request that failed. */
final class RequestContext {
  private static final Pattern FILE =
      Pattern.compile("/api/v1/(?:federation/)?spaces/([^/]+)/files/([^/]+)");

  private RequestContext() {}

  /** The ids of the file that the request is about; null if it is about none. */
  static @Nullable Map<String, String> of(HttpServletRequest request) {
    return file(request.getMethod(), RequestPath.of(request)).orElse(null);
  }

  /** Only ids get through: what else a client sent in the path stays out of the log. */
  static Optional<Map<String, String>> file(String method, String path) {
    Matcher parts = FILE.matcher(path);
    if (!parts.matches()) {
      return Optional.empty();
    }
    return switch (method) {
      case "GET", "HEAD", "PUT" ->
          SpaceId.parse(parts.group(1))
              .flatMap(
                  space ->
                      RecordId.parse(parts.group(2))
                          .map(file -> LogContext.ofFile(method, space, file.value())));
      default -> Optional.empty();
    };
  }
}
