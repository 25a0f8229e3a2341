package dev.betterbase.sync.rpc.transport.upgrade;

import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Hands a request's connection over to a handler, as {@link HttpServletRequest#upgrade} does. That
 * takes a class, and for each connection Payara has CDI find out anew how to make one: a tenth of
 * all that connecting costs, and an entry in a map of the container's for as long as the connection
 * lasts. So on Payara the handler is made here, and what its request does besides is done by
 * reflection. A server with other classes makes the handler itself.
 */
final class ServerUpgrade {
  private static final Logger LOG = System.getLogger(ServerUpgrade.class.getName());
  private static final AtomicBoolean WARNED = new AtomicBoolean();

  private ServerUpgrade() {}

  /** The handler that the container calls from now on, to be bound before the answer is sent. */
  static UpgradeHandler of(HttpServletRequest request) throws IOException, ServletException {
    try {
      return handOver(request);
    } catch (ReflectiveOperationException | RuntimeException e) {
      if (WARNED.compareAndSet(false, true)) {
        LOG.log(
            Level.WARNING,
            "this server is not the one that the upgrade transport knows; it makes the handler of"
                + " each connection itself, which takes longer",
            e);
      }
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
    UpgradeHandler handler = new UpgradeHandler();
    var field = ServerMembers.field(own, "httpUpgradeHandler");
    // Nothing is changed before all that is needed was found.
    ServerMembers.method(own, "setUpgrade", boolean.class).invoke(own, true);
    field.set(own, handler);
    Object unused = ServerMembers.call(response, "suspend");
    return handler;
  }
}
