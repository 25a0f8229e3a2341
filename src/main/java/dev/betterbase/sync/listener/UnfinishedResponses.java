package dev.betterbase.sync.listener;

import dev.betterbase.sync.http.ResponseFilter;
import java.lang.reflect.Method;

/**
 * Ends the connection of a response that ended before its {@code Content-Length}. Payara keeps it
 * for the next request. The client would wait for the rest, and would take the response to a
 * request that it has pipelined for the rest of the body.
 */
final class UnfinishedResponses {
  private UnfinishedResponses() {}

  /** Ends the connections of unfinished responses of a listener. */
  static void end(Listener listener) throws ReflectiveOperationException {
    Method request =
        listener.type("org.glassfish.grizzly.http.server.Response").getMethod("getRequest");
    Method attribute =
        listener
            .type("org.glassfish.grizzly.http.server.Request")
            .getMethod("getAttribute", String.class);
    Method terminate =
        listener.type("org.glassfish.grizzly.Closeable").getMethod("terminateSilently");
    listener.addRequestProbe(
        (event, arguments) -> {
          if (event.equals("onRequestCompleteEvent")
              && attribute.invoke(request.invoke(arguments[2]), ResponseFilter.UNFINISHED)
                  != null) {
            terminate.invoke(arguments[1]);
          }
        });
  }
}
