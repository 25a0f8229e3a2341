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
 * an instance: a tenth of the cost of a connection, and an entry in a map of the container for as
 * long as the connection lasts. On Payara this class makes the handler itself and does by
 * reflection what {@code upgrade} does besides. Where the classes are not Payara's, it calls {@code
 * upgrade}.
 */
public final class PayaraUpgrade {
  private PayaraUpgrade() {}

  /**
   * Makes the handler that the container calls from now on. The caller binds it before it sends the
   * answer.
   *
   * @param type what {@code upgrade} makes where Payara's classes are not there
   * @param make makes a handler of that type
   */
  public static <T extends HttpUpgradeHandler> T of(
      HttpServletRequest request, Class<T> type, Supplier<T> make)
      throws IOException, ServletException {
    try {
      return handOver(request, make);
    } catch (ReflectiveOperationException | RuntimeException e) {
      PayaraMembers.missing("makes the handler of each connection itself, which takes longer", e);
      return request.upgrade(type);
    }
  }

  private static <T extends HttpUpgradeHandler> T handOver(
      HttpServletRequest request, Supplier<T> make) throws ReflectiveOperationException {
    ServletRequest innermost = request;
    while (innermost instanceof ServletRequestWrapper wrapper) {
      innermost = wrapper.getRequest();
    }
    Object own = PayaraMembers.field(innermost, "request").get(innermost);
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
