package dev.betterbase.sync.rpc.transport.upgrade.payara;

import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpUpgradeHandler;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.function.Supplier;

/**
 * Hands a request's connection over to an upgrade handler, as {@link HttpServletRequest#upgrade}
 * does. That method takes a class, and Payara has CDI work out anew for each connection how to make
 * an instance. This takes a tenth of the cost of a connection, and an entry in a map of the
 * container for as long as the connection lasts. On Payara this class therefore makes the handler
 * itself and does the rest of {@code upgrade} by reflection. If a member is missing, it calls
 * {@code upgrade}.
 */
public final class PayaraUpgrade {
  private PayaraUpgrade() {}

  /**
   * Makes the handler that the container calls from now on. The caller completes the handler before
   * it sends the answer.
   *
   * @param type the class of the handler, for {@code upgrade}
   * @param make makes a handler of that type
   */
  public static <T extends HttpUpgradeHandler> T of(
      HttpServletRequest request, Class<T> type, Supplier<T> make)
      throws IOException, ServletException {
    try {
      ServletRequest innermost = request;
      while (innermost instanceof ServletRequestWrapper wrapper) {
        innermost = wrapper.getRequest();
      }
      return handOver(innermost, make);
    } catch (ReflectiveOperationException | RuntimeException e) {
      PayaraMembers.missing("makes the handler of each connection itself, which takes longer", e);
      return request.upgrade(type);
    }
  }

  /**
   * Does what Payara's {@code upgrade} does, but for the making of the handler.
   *
   * @param request the container's own request, which no application has wrapped
   * @throws ReflectiveOperationException if a member is missing; nothing is changed then
   */
  static <T extends HttpUpgradeHandler> T handOver(Object request, Supplier<T> make)
      throws ReflectiveOperationException {
    Object own = PayaraMembers.field(request, "request").get(request);
    Object response =
        PayaraMembers.call(PayaraMembers.call(own, "getCoyoteRequest"), "getResponse");
    // Look up every member before changing anything, so that the fallback finds the request as it
    // was.
    Method upgrade = PayaraMembers.method(own, "setUpgrade", boolean.class);
    Field taker = PayaraMembers.field(own, "httpUpgradeHandler");
    Method suspend = PayaraMembers.method(response, "suspend");
    T handler = make.get();
    upgrade.invoke(own, true);
    taker.set(own, handler);
    suspend.invoke(response);
    return handler;
  }
}
