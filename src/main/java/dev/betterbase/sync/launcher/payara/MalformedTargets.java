package dev.betterbase.sync.launcher.payara;

import java.lang.reflect.Method;
import java.util.regex.Pattern;

/**
 * Makes the server answer 400 to a request target that it cannot decode, such as {@code /%}. Payara
 * alone answers an empty 200, because it fails before any filter or valve runs. This class sets the
 * status earlier, in a probe of Payara's HTTP library, and nothing overwrites it.
 */
final class MalformedTargets {

  /**
   * A percent sign without two hex digits after it; or a dot segment at the end, for which the
   * server's normalization may read past the end of its buffer.
   */
  private static final Pattern MALFORMED =
      Pattern.compile("%(?![0-9A-Fa-f]{2})|/(?:\\.|%2[Ee]){1,2}$");

  private static final int BAD_REQUEST = 400;

  private MalformedTargets() {}

  /** Installs the probe. */
  static void refuse(Listener listener) throws ReflectiveOperationException {
    Method path =
        listener.type("org.glassfish.grizzly.http.server.Request").getMethod("getRequestURI");
    Method response =
        listener.type("org.glassfish.grizzly.http.server.Request").getMethod("getResponse");
    Method setStatus =
        listener
            .type("org.glassfish.grizzly.http.server.Response")
            .getMethod("setStatus", int.class);
    listener.addRequestProbe(
        (event, arguments) -> {
          if (event.equals("onRequestReceiveEvent")) {
            Object request = arguments[2];
            if (isMalformed((String) path.invoke(request))) {
              setStatus.invoke(response.invoke(request), BAD_REQUEST);
            }
          }
        });
  }

  /**
   * Whether the server may fail to decode a request target.
   *
   * @param target the request target without its query
   */
  static boolean isMalformed(String target) {
    return MALFORMED.matcher(target).find();
  }
}
