package dev.betterbase.sync.rpc.transport.upgrade.payara;

import jakarta.servlet.http.WebConnection;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.channels.WritableByteChannel;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the Servlet API does not show of a connection, on Payara, whose HTTP library is Grizzly:
 *
 * <ul>
 *   <li>how much it queues before it says that it is not ready, which is four times the socket's
 *       send buffer (10 MiB for each client that does not read),
 *   <li>the end of the TCP connection without waiting for what is queued,
 *   <li>its channel, and
 *   <li>what it keeps of the handshake for as long as the connection lasts, a third of all it
 *       keeps.
 * </ul>
 *
 * By reflection, since those classes are the server's own. Without it the transport works, but
 * counts what is queued there as sent.
 */
public final class PayaraSocket {

  /** Ready means that all that was written before is with the kernel. */
  private static final int QUEUED_BYTES = 1;

  private final Object request;
  private final Object socket;

  private PayaraSocket(Object request, Object socket) {
    this.request = request;
    this.socket = socket;
  }

  /** The socket of a connection; null where the server is not the one it was written for. */
  public static @Nullable PayaraSocket of(WebConnection connection) {
    try {
      Object request =
          PayaraMembers.call(
              PayaraMembers.field(connection, "request").get(connection), "getCoyoteRequest");
      return new PayaraSocket(
          request, PayaraMembers.call(PayaraMembers.call(request, "getContext"), "getConnection"));
    } catch (ReflectiveOperationException | RuntimeException e) {
      warn(e);
      return null;
    }
  }

  /** Queues nothing in the server beyond one write. */
  public void boundQueue() {
    try {
      PayaraMembers.method(socket, "setMaxAsyncWriteQueueSize", int.class)
          .invoke(socket, QUEUED_BYTES);
    } catch (ReflectiveOperationException | RuntimeException e) {
      warn(e);
    }
  }

  /**
   * The way to the kernel past the server's filters; null where bytes are encrypted on it, or it is
   * not to be had.
   */
  public @Nullable DirectSocket direct() {
    try {
      if ((Boolean) PayaraMembers.call(request, "isSecure")) {
        return null;
      }
      Object queue = PayaraMembers.call(socket, "getAsyncWriteQueue");
      Method size = PayaraMembers.method(queue, "spaceInBytes");
      return new DirectSocket(
          (WritableByteChannel) PayaraMembers.call(socket, "getChannel"), () -> read(size, queue));
    } catch (ReflectiveOperationException | RuntimeException e) {
      warn(e);
      return null;
    }
  }

  private static int read(Method size, Object queue) {
    try {
      return (Integer) size.invoke(queue);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("the server's queue cannot be looked at", e);
    }
  }

  /**
   * Lets go of the header fields of the handshake, and of room for parameters that are not to come.
   * The server uses these objects again for another request: they are left empty, and grow. Called
   * before anybody else knows of the connection, since from then on it may end, and its objects may
   * be another request's already.
   */
  public void forgetHandshake() {
    try {
      Object packet = PayaraMembers.call(request, "getRequest");
      for (Object header : List.of(packet, PayaraMembers.call(packet, "getResponse"))) {
        Object fields = PayaraMembers.call(header, "getHeaders");
        Object unused = PayaraMembers.call(fields, "clear");
        Field array = PayaraMembers.field(fields, "headers");
        array.set(fields, Array.newInstance(array.getType().getComponentType(), 1));
      }
      Object parameters = PayaraMembers.call(request, "getParameters");
      for (String name : List.of("tmpNameC", "tmpValueC")) {
        Object chars = PayaraMembers.field(parameters, name).get(parameters);
        PayaraMembers.method(chars, "setChars", char[].class, int.class, int.class)
            .invoke(chars, new char[0], 0, 0);
      }
    } catch (ReflectiveOperationException | RuntimeException e) {
      warn(e);
    }
  }

  /** Whether the TCP connection stands, as far as the server knows. */
  public boolean isOpen() {
    try {
      return (Boolean) PayaraMembers.call(socket, "isOpen");
    } catch (ReflectiveOperationException | RuntimeException e) {
      warn(e);
      return true;
    }
  }

  /** Ends the TCP connection, whatever is queued. */
  public void terminate() {
    try {
      Object unused = PayaraMembers.call(socket, "terminate");
    } catch (ReflectiveOperationException | RuntimeException e) {
      warn(e);
    }
  }

  private static void warn(Exception cause) {
    PayaraMembers.missing(
        "cannot bound what the server queues for a client that does not read, nor what it keeps of"
            + " handshakes",
        cause);
  }
}
