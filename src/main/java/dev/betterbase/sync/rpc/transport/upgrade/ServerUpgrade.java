package dev.betterbase.sync.rpc.transport.upgrade;

import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;

/**
 * Hands a request's connection over to a handler, as {@link HttpServletRequest#upgrade} does. That
 * takes a class, and for each connection Payara has CDI find out anew how to make one: a tenth of
 * all that connecting costs, and an entry in a map of the container's for as long as the connection
 * lasts. So on Payara the handler is made here, and what its request does besides is done by
 * reflection. A server with other classes makes the handler itself.
 */
final class ServerUpgrade {
  private ServerUpgrade() {}

  /** The handler that the container calls from now on, to be bound before the answer is sent. */
  static UpgradeHandler of(HttpServletRequest request) throws IOException, ServletException {
    try {
      return handOver(request);
    } catch (ReflectiveOperationException | RuntimeException e) {
      ServerMembers.missing("makes the handler of each connection itself, which takes longer", e);
      return request.upgrade(UpgradeHandler.class);
    }
  }

  private static UpgradeHandler handOver(HttpServletRequest request)
      throws ReflectiveOperationException {
    ServletRequest innermost = request;
    while (innermost instanceof ServletRequestWrapper wrapper) {
      innermost = wrapper.getRequest();
    }
    Object own = ServerMembers.field(innermost, "request").get(innermost);
    Object response =
        ServerMembers.call(ServerMembers.call(own, "getCoyoteRequest"), "getResponse");
    // Nothing is changed before all that is needed was found.
    Method upgrade = ServerMembers.method(own, "setUpgrade", boolean.class);
    Field taker = ServerMembers.field(own, "httpUpgradeHandler");
    Method suspend = ServerMembers.method(response, "suspend");
    UpgradeHandler handler = new UpgradeHandler();
    upgrade.invoke(own, true);
    taker.set(own, handler);
    suspend.invoke(response);
    return handler;
  }
}
