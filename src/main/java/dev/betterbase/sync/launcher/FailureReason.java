package dev.betterbase.sync.launcher;

import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.net.http.WebSocketHandshakeException;
import java.nio.channels.UnresolvedAddressException;

/** Why a connection failed, in words for whoever runs a command. */
public final class FailureReason {

  private FailureReason() {}

  public static String of(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      switch (cause) {
        case WebSocketHandshakeException refused -> {
          return "the server answered with HTTP status " + refused.getResponse().statusCode();
        }
        case UnresolvedAddressException unknown -> {
          return "there is no such host";
        }
        case UnknownHostException unknown -> {
          return "there is no such host";
        }
        case HttpTimeoutException slow -> {
          return "no answer in time";
        }
        default -> {
          // Perhaps its cause says more.
        }
      }
    }
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof ConnectException) {
        return "nothing takes connections there";
      }
    }
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String message = root.getMessage();
    return message == null ? root.getClass().getSimpleName() : message;
  }
}
