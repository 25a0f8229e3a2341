package dev.betterbase.sync.http;

import jakarta.servlet.http.HttpServletRequest;
import java.util.regex.Pattern;

/**
 * The path of a request within the application, as it came: neither decoded nor normalised. Who may
 * pass without a bearer is decided on this text, by equality, so that no other spelling ({@code
 * /%64ev/}, {@code /health;x}, {@code /dev/../}) opens a door that a decoder behind it reads
 * differently.
 */
final class RequestPath {

  static final String CLIENT_SOCKET = "/api/v1/ws";
  static final String PEER_SOCKET = "/api/v1/federation/ws";

  /** No other characters than ids have, so that no path in it leads anywhere else. */
  private static final Pattern PEER_FILE =
      Pattern.compile("/api/v1/federation/spaces/[0-9A-Za-z-]{1,64}/files/[0-9A-Za-z-]{1,64}");

  static final String HEALTH = "/health";
  static final String KEY_SET = "/.well-known/jwks.json";
  static final String DEVELOPMENT = "/dev/";

  private RequestPath() {}

  static String of(HttpServletRequest request) {
    return request.getRequestURI().substring(request.getContextPath().length());
  }

  /** Whether the path is reached without a bearer token (http.md, Routes). */
  static boolean isPublic(String path) {
    return switch (path) {
      case HEALTH, KEY_SET, CLIENT_SOCKET, PEER_SOCKET -> true;
      default -> PEER_FILE.matcher(path).matches();
    };
  }
}
