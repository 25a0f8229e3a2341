package dev.betterbase.sync.http;

import jakarta.servlet.http.HttpServletRequest;
import java.util.regex.Pattern;

/**
 * The path of a request within the application, neither decoded nor normalised. Whether a request
 * may pass without a bearer token is decided by comparing this text, so another spelling ({@code
 * /%64ev/}, {@code /health;x}, {@code /dev/../}) cannot open a route that a decoder behind it reads
 * differently.
 */
public final class RequestPath {

  static final String CLIENT_SOCKET = "/api/v1/ws";
  static final String PEER_SOCKET = "/api/v1/federation/ws";

  /** Only characters that ids have, so no such path leads anywhere else. */
  private static final Pattern PEER_FILE =
      Pattern.compile("/api/v1/federation/spaces/[0-9A-Za-z-]{1,64}/files/[0-9A-Za-z-]{1,64}");

  static final String HEALTH = "/health";
  static final String METRICS = "/metrics";
  static final String KEY_SET = "/.well-known/jwks.json";
  static final String DEVELOPMENT = "/dev/";

  /**
   * MicroProfile Health, which the server answers within the application (Payara) or on its
   * management port (WildFly; here it is not found).
   */
  private static final String MICROPROFILE_HEALTH = "/mp-health";

  private RequestPath() {}

  /** The path of a request. */
  public static String of(HttpServletRequest request) {
    return request.getRequestURI().substring(request.getContextPath().length());
  }

  /** Whether the path is open to requests without a bearer token (http.md, Routes). */
  static boolean isPublic(String path) {
    return switch (path) {
      case HEALTH, KEY_SET, CLIENT_SOCKET, PEER_SOCKET -> true;
      case MICROPROFILE_HEALTH,
          MICROPROFILE_HEALTH + "/live",
          MICROPROFILE_HEALTH + "/ready",
          MICROPROFILE_HEALTH + "/started" ->
          true;
      default -> PEER_FILE.matcher(path).matches();
    };
  }
}
