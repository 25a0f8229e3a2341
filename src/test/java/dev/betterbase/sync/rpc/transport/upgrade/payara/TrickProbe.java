package dev.betterbase.sync.rpc.transport.upgrade.payara;

import static java.nio.charset.StandardCharsets.US_ASCII;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpUpgradeHandler;
import jakarta.servlet.http.WebConnection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.LinkedHashMap;
import java.util.Map;
import org.eclipse.jetty.websocket.core.util.WebSocketUtils;

/**
 * Does on a connection of its own all that {@link PayaraUpgrade} and {@link PayaraSocket} do, looks
 * at the server's objects for the effect of each, and sends that to the client as one binary
 * message past the server's filters. Then it terminates the connection.
 */
public final class TrickProbe extends HttpServlet {
  private static final long serialVersionUID = 1L;

  private final String subprotocol;

  /** A servlet that completes handshakes with this sub-protocol. */
  public TrickProbe(String subprotocol) {
    this.subprotocol = subprotocol;
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    response.setStatus(HttpServletResponse.SC_SWITCHING_PROTOCOLS);
    response.setHeader("Upgrade", "websocket");
    response.setHeader("Connection", "Upgrade");
    response.setHeader(
        "Sec-WebSocket-Accept", WebSocketUtils.hashKey(request.getHeader("Sec-WebSocket-Key")));
    response.setHeader("Sec-WebSocket-Protocol", subprotocol);
    Handler unused = PayaraUpgrade.of(request, Handler.class, () -> new Handler("by the servlet"));
    response.flushBuffer();
  }

  /** What the server calls of the connection. */
  public static final class Handler implements HttpUpgradeHandler {
    private final String made;

    /** For the container, if it makes the handler after all. */
    public Handler() {
      this("by the container");
    }

    private Handler(String made) {
      this.made = made;
    }

    @Override
    public void init(WebConnection web) {
      PayaraSocket socket = PayaraSocket.of(web);
      try {
        Map<String, String> seen = new LinkedHashMap<>();
        seen.put("handler", made);
        if (socket != null) {
          look(web, socket, seen);
        }
        DirectSocket direct = socket == null ? null : socket.direct();
        seen.put("direct", direct == null ? "none" : "idle " + direct.isIdle());
        ByteBuffer frame = ByteBuffer.wrap(frame(seen.toString()));
        if (direct == null) {
          web.getOutputStream().write(frame.array());
          web.getOutputStream().flush();
        } else {
          direct.write(frame);
          if (frame.hasRemaining()) {
            throw new IOException("the kernel did not take the message");
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } finally {
        if (socket != null) {
          socket.terminate();
        }
      }
    }

    private static void look(WebConnection web, PayaraSocket socket, Map<String, String> seen) {
      try {
        Object request =
            PayaraMembers.call(PayaraMembers.field(web, "request").get(web), "getCoyoteRequest");
        Object connection =
            PayaraMembers.call(PayaraMembers.call(request, "getContext"), "getConnection");
        Object packet = PayaraMembers.call(request, "getRequest");

        socket.boundQueue();
        seen.put("queue", text(PayaraMembers.call(connection, "getMaxAsyncWriteQueueSize")));

        seen.put("headers before", text(size(packet) > 3));
        socket.forgetHandshake();
        seen.put("headers after", text(size(packet)));
        Object response = PayaraMembers.call(packet, "getResponse");
        seen.put("room for headers", room(packet) + " and " + room(response));
        Object parameters = PayaraMembers.call(request, "getParameters");
        seen.put(
            "room for parameters",
            characters(parameters, "tmpNameC") + " and " + characters(parameters, "tmpValueC"));

        Object handshake = PayaraMembers.field(web, "request").get(web);
        Field handler = PayaraMembers.field(handshake, "httpUpgradeHandler");
        Object before = handler.get(handshake);
        socket.forgetHandler();
        seen.put("handler kept", (before != null) + " then " + (handler.get(handshake) != null));
        handler.set(handshake, before);

        // Asked on both sides: the trick answers true as well if it cannot ask.
        seen.put("open", socket.isOpen() + " " + PayaraMembers.call(connection, "isOpen"));
        // A client sends nothing before it has the answer.
        boolean channel = PayaraMembers.call(connection, "getChannel") instanceof SocketChannel;
        seen.put("unread", socket.hasUnread() + " of a socket " + channel);
      } catch (ReflectiveOperationException e) {
        seen.put("missing", text(e));
      }
    }

    private static int size(Object packet) throws ReflectiveOperationException {
      return (Integer) PayaraMembers.call(PayaraMembers.call(packet, "getHeaders"), "size");
    }

    private static int room(Object packet) throws ReflectiveOperationException {
      Object fields = PayaraMembers.call(packet, "getHeaders");
      return Array.getLength(PayaraMembers.field(fields, "headers").get(fields));
    }

    private static int characters(Object parameters, String name)
        throws ReflectiveOperationException {
      Object chunk = PayaraMembers.field(parameters, name).get(parameters);
      return ((char[]) PayaraMembers.call(chunk, "getChars")).length;
    }

    private static String text(Object value) {
      return value.toString();
    }

    /** One binary message (RFC 6455, section 5.2). */
    private static byte[] frame(String text) {
      byte[] payload = text.getBytes(US_ASCII);
      return ByteBuffer.allocate(4 + payload.length)
          .put((byte) 0x82)
          .put((byte) 126)
          .putShort((short) payload.length)
          .put(payload)
          .array();
    }

    @Override
    public void destroy() {}
  }
}
