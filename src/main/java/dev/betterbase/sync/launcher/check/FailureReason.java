package dev.betterbase.sync.launcher.check;

import dev.betterbase.sync.fault.Causes;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.net.http.WebSocketHandshakeException;
import java.nio.channels.UnresolvedAddressException;

/** Says in plain words why a connection failed. */
final class FailureReason {

  private FailureReason() {}

  static String of(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      switch (cause) {
        case WebSocketHandshakeException refused -> {
          return "the server answered with HTTP status " + refused.getResponse().statusCode();
        }
        case UnresolvedAddressException unknown -> {
          return "the host name is unknown";
        }
        case UnknownHostException unknown -> {
          return "the host name is unknown";
        }
        case HttpTimeoutException slow -> {
          return "the server did not answer in time";
        }
        default -> {
          // The cause may say more.
        }
      }
    }
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof ConnectException) {
        return "no server listens there";
      }
    }
    Throwable root = Causes.innermost(failure);
    String message = root.getMessage();
    return message == null ? root.getClass().getSimpleName() : message;
  }
}
