package dev.betterbase.sync.rpc.transport.upgrade;

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
final class ServerSocketAccess {

  /** Ready means that all that was written before is with the kernel. */
  private static final int QUEUED_BYTES = 1;

  private final Object request;
  private final Object socket;

  private ServerSocketAccess(Object request, Object socket) {
    this.request = request;
    this.socket = socket;
  }

  /** The socket of a connection; null where the server is not the one it was written for. */
  static @Nullable ServerSocketAccess of(WebConnection connection) {
    try {
      Object request =
          ServerMembers.call(
              ServerMembers.field(connection, "request").get(connection), "getCoyoteRequest");
      return new ServerSocketAccess(
          request, ServerMembers.call(ServerMembers.call(request, "getContext"), "getConnection"));
    } catch (ReflectiveOperationException | RuntimeException e) {
      warn(e);
      return null;
    }
  }

  /** Queues nothing in the server beyond one write. */
  void boundQueue() {
    try {
      ServerMembers.method(socket, "setMaxAsyncWriteQueueSize", int.class)
          .invoke(socket, QUEUED_BYTES);
    } catch (ReflectiveOperationException | RuntimeException e) {
      warn(e);
    }
  }

  /**
   * The way to the kernel past the server's filters; null where bytes are encrypted on it, or it is
   * not to be had.
   */
  @Nullable DirectSocket direct() {
    try {
      if ((Boolean) ServerMembers.call(request, "isSecure")) {
        return null;
      }
      Object queue = ServerMembers.call(socket, "getAsyncWriteQueue");
      Method size = ServerMembers.method(queue, "spaceInBytes");
      return new DirectSocket(
          (WritableByteChannel) ServerMembers.call(socket, "getChannel"), () -> read(size, queue));
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
  void forgetHandshake() {
    try {
      Object packet = ServerMembers.call(request, "getRequest");
      for (Object header : List.of(packet, ServerMembers.call(packet, "getResponse"))) {
        Object fields = ServerMembers.call(header, "getHeaders");
        Object unused = ServerMembers.call(fields, "clear");
        Field array = ServerMembers.field(fields, "headers");
        array.set(fields, Array.newInstance(array.getType().getComponentType(), 1));
      }
      Object parameters = ServerMembers.call(request, "getParameters");
      for (String name : List.of("tmpNameC", "tmpValueC")) {
        Object chars = ServerMembers.field(parameters, name).get(parameters);
        ServerMembers.method(chars, "setChars", char[].class, int.class, int.class)
            .invoke(chars, new char[0], 0, 0);
      }
    } catch (ReflectiveOperationException | RuntimeException e) {
      warn(e);
    }
  }

  /** Whether the TCP connection stands, as far as the server knows. */
  boolean isOpen() {
    try {
      return (Boolean) ServerMembers.call(socket, "isOpen");
    } catch (ReflectiveOperationException | RuntimeException e) {
      warn(e);
      return true;
    }
  }

  /** Ends the TCP connection, whatever is queued. */
  void terminate() {
    try {
      Object unused = ServerMembers.call(socket, "terminate");
    } catch (ReflectiveOperationException | RuntimeException e) {
      warn(e);
    }
  }

  private static void warn(Exception cause) {
    ServerMembers.missing(
        "cannot bound what the server queues for a client that does not read, nor what it keeps of"
            + " handshakes",
        cause);
  }
}
