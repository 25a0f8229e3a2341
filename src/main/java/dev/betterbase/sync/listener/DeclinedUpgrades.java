package dev.betterbase.sync.listener;

import java.lang.reflect.Method;
import java.util.Locale;

/**
 * Has the server write all headers of a response to a GET or HEAD that came with an {@code Upgrade}
 * to something other than a WebSocket, such as HTTP/2 over plain TCP, which this server declines.
 *
 * <p>Grizzly decides only when the application has returned that there is no upgrade. Until then it
 * writes neither {@code Content-Type} nor {@code Connection}, so a response that is longer than its
 * buffer would have none.
 */
final class DeclinedUpgrades {
  private static final String WEBSOCKET = "websocket";

  private DeclinedUpgrades() {}

  /** Declines the upgrades of requests to a listener before the application sees them. */
  static void decline(Listener listener) throws ReflectiveOperationException {
    Class<?> packetType = listener.type("org.glassfish.grizzly.http.HttpRequestPacket");
    Method packet =
        listener.type("org.glassfish.grizzly.http.server.Request").getMethod("getRequest");
    Method method = packetType.getMethod("getMethod");
    Method upgrade = packetType.getMethod("getUpgrade");
    Method undecided = packetType.getMethod("setIgnoreContentModifiers", boolean.class);
    listener.addRequestProbe(
        (event, arguments) -> {
          if (event.equals("onRequestReceiveEvent")) {
            Object request = packet.invoke(arguments[2]);
            String wanted = (String) upgrade.invoke(request);
            // Grizzly reads the body of a request by the same flag, and these have none.
            if (wanted != null
                && !wanted.toLowerCase(Locale.ROOT).contains(WEBSOCKET)
                && isRead(String.valueOf(method.invoke(request)))) {
              undecided.invoke(request, false);
            }
          }
        });
  }

  private static boolean isRead(String method) {
    return method.equals("GET") || method.equals("HEAD");
  }
}
