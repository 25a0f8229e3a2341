package dev.betterbase.sync.listener;

import dev.betterbase.sync.http.RequestHead;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Has the server refuse the requests in whose {@link RequestHead} is a fault, before the
 * application sees them. The answer is an empty 400, and the connection ends.
 *
 * <p>A target that the server fails to decode, such as {@code /%}, would be an error of the server,
 * with a stack trace in its log and an empty 200.
 */
final class MalformedRequests {

  private static final Pattern CONTENT_LENGTH =
      Pattern.compile("[\r\n]Content-Length[ \t]*:", Pattern.CASE_INSENSITIVE);

  private static final Pattern EMPTY_LINES = Pattern.compile("^(?:\r\n)+");

  private MalformedRequests() {}

  /** The request is refused. The server answers 400 to any exception of a probe. */
  static final class Malformed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Malformed(String message) {
      super(message, null, false, false);
    }
  }

  /** Checks each request to a listener. */
  static void refuse(Listener listener) throws ReflectiveOperationException {
    boolean http2 = listener.speaksHttp2();
    Class<?> packet = listener.type("org.glassfish.grizzly.http.HttpRequestPacket");
    Class<?> fields = listener.type("org.glassfish.grizzly.http.util.MimeHeaders");
    Method method = packet.getMethod("getMethod");
    Method setMethod = packet.getMethod("setMethod", String.class);
    Method target = packet.getMethod("getRequestURI");
    Method protocol = packet.getMethod("getProtocolString");
    Method headers = packet.getMethod("getHeaders");
    Method values = fields.getMethod("values", String.class);
    Field raw =
        listener.type("org.glassfish.grizzly.http.HttpHeader").getDeclaredField("headerBuffer");
    raw.setAccessible(true);
    Method text =
        listener
            .type("org.glassfish.grizzly.Buffer")
            .getMethod("toStringContent", Charset.class, int.class, int.class);
    listener.addCodecProbe(
        (event, arguments) -> {
          if (event.equals("onHeaderParseEvent")) {
            Object request = arguments[1];
            if (http2 && "PRI".equals(String.valueOf(method.invoke(request)))) {
              // A connection of HTTP/2 begins so.
              return;
            }
            ignoreEmptyLines(request, method, setMethod);
            Object all = headers.invoke(request);
            List<String> codings = texts((Iterable<?>) values.invoke(all, "Transfer-Encoding"));
            // The server forgets the length if the request is chunked, so look at what came.
            boolean hasLength =
                !codings.isEmpty()
                    && CONTENT_LENGTH
                        .matcher(
                            (String)
                                text.invoke(
                                    raw.get(request), StandardCharsets.ISO_8859_1, 0, arguments[2]))
                        .find();
            var head =
                new RequestHead(
                    String.valueOf(method.invoke(request)),
                    (String) target.invoke(request),
                    (String) protocol.invoke(request),
                    texts((Iterable<?>) values.invoke(all, "Host")),
                    codings,
                    hasLength);
            Optional<String> fault = head.fault();
            if (fault.isPresent()) {
              throw new Malformed(fault.get());
            }
          }
        });
  }

  /**
   * Lets a request pass that comes behind empty lines (RFC 9112, section 2.2): some clients send
   * one behind a body. The server takes them as part of the method.
   */
  private static void ignoreEmptyLines(Object request, Method method, Method setMethod)
      throws ReflectiveOperationException {
    String read = String.valueOf(method.invoke(request));
    if (read.startsWith("\r\n")) {
      setMethod.invoke(request, EMPTY_LINES.matcher(read).replaceFirst(""));
    }
  }

  private static List<String> texts(Iterable<?> values) {
    List<String> texts = new ArrayList<>();
    values.forEach(value -> texts.add(String.valueOf(value).strip()));
    return texts;
  }
}
