package dev.betterbase.sync.http;

import jakarta.servlet.http.HttpServletRequest;

/**
 * The path of a request within the application, as it came: neither decoded nor normalised. Who may
 * pass without a bearer is decided on this text, by equality, so that no other spelling ({@code
 * /%64ev/}, {@code /health;x}, {@code /dev/../}) opens a door that a decoder behind it reads
 * differently.
 */
final class RequestPath {

  static final String CLIENT_SOCKET = "/api/v1/ws";
  static final String PEER_SOCKET = "/api/v1/federation/ws";
  static final String HEALTH = "/health";
  static final String KEY_SET = "/.well-known/jwks.json";
  static final String DEVELOPMENT = "/dev/";

  private RequestPath() {}

  static String of(HttpServletRequest request) {
    return request.getRequestURI().substring(request.getContextPath().length());
  }

  /** Whether the path is reached without a bearer token (http.md, the column "auth"). */
  static boolean isPublic(String path) {
    return switch (path) {
      case HEALTH, KEY_SET, CLIENT_SOCKET, PEER_SOCKET -> true;
      default -> false;
    };
  }
}
