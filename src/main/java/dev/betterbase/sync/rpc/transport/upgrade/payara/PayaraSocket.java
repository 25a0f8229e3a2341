package dev.betterbase.sync.rpc.transport.upgrade.payara;

import jakarta.servlet.http.WebConnection;
import java.io.IOException;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reaches what the Servlet API does not show of a connection on Payara, whose HTTP library is
 * Grizzly:
 *
 * <ul>
 *   <li>the limit of the server's own queue. By default it is four times the send buffer of the
 *       socket, which is 10 MiB for each client that does not read.
 *   <li>the end of the TCP connection without waiting for queued bytes
 *   <li>the channel of the socket, and whether something was received on it
 *   <li>what the server keeps of the handshake for as long as the connection lasts. That is a third
 *       of all that it keeps of a connection.
 *   <li>the handler that it keeps when the connection is gone, and with it the whole deployment
 * </ul>
 *
 * <p>It works by reflection, because these classes are the server's own. If a member is missing,
 * the log says so once, and the transport goes on with the Servlet API alone.
 */
public final class PayaraSocket {

  /** With this limit, ready means that the kernel has taken all earlier writes. In bytes. */
  private static final int QUEUED_BYTES = 1;

  private final Object handshake;
  private final Object request;
  private final Object socket;

  private PayaraSocket(Object handshake, Object request, Object socket) {
    this.handshake = handshake;
    this.request = request;
    this.socket = socket;
  }

  /** The socket of a connection; null if it cannot be reached on this server. */
  public static @Nullable PayaraSocket of(WebConnection connection) {
    try {
      Object handshake = PayaraMembers.field(connection, "request").get(connection);
      Object request = PayaraMembers.call(handshake, "getCoyoteRequest");
      return new PayaraSocket(
          handshake,
          request,
          PayaraMembers.call(PayaraMembers.call(request, "getContext"), "getConnection"));
    } catch (ReflectiveOperationException | RuntimeException e) {
      PayaraMembers.missing(
          "cannot reach its connections, and leaves them to the server as they are", e);
      return null;
    }
  }

  /** Has the server queue no more than one write; without it, queued bytes count as sent. */
  public void boundQueue() {
    try {
      PayaraMembers.method(socket, "setMaxAsyncWriteQueueSize", int.class)
          .invoke(socket, QUEUED_BYTES);
    } catch (ReflectiveOperationException | RuntimeException e) {
      PayaraMembers.missing(
          "cannot bound what the server queues for a client that does not read", e);
    }
  }

  /**
   * The way to the kernel past the server's filters; null if the connection is encrypted or the way
   * cannot be reached.
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
      PayaraMembers.missing("writes through the filters of the server, which takes longer", e);
      return null;
    }
  }

  private static int read(Method size, Object queue) {
    try {
      return (Integer) size.invoke(queue);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("the server's write queue cannot be read", e);
    }
  }

  /**
   * Frees the header fields of the handshake and the buffers for its parameters. The server uses
   * these objects again for another request, so they are left empty and can grow.
   *
   * <p>To be called before anyone else knows of the connection. Afterwards the connection may end
   * at any time, and its objects may already belong to another request.
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
      PayaraMembers.missing(
          "leaves the header fields of each handshake in memory while the connection lasts", e);
    }
  }

  /**
   * Makes the server forget the upgrade handler. Its threads keep the objects of some requests for
   * later ones, and with a handler all classes of its deployment.
   *
   * <p>To be called while the server destroys the handler: it does not need it any more, and the
   * request does not belong to anyone else yet.
   */
  public void forgetHandler() {
    try {
      PayaraMembers.field(handshake, "httpUpgradeHandler").set(handshake, null);
    } catch (ReflectiveOperationException | RuntimeException e) {
      PayaraMembers.missing(
          "keeps an earlier deployment in memory until its threads have other requests", e);
    }
  }

  /** Whether the server still holds the TCP connection open; true if that is not known. */
  public boolean isOpen() {
    try {
      return (Boolean) PayaraMembers.call(socket, "isOpen");
    } catch (ReflectiveOperationException | RuntimeException e) {
      PayaraMembers.missing("learns late that a client went away during its handshake", e);
      return true;
    }
  }

  /** Whether the kernel has bytes that the server has not read; false if that is not known. */
  public boolean hasUnread() {
    try {
      return PayaraMembers.call(socket, "getChannel") instanceof SocketChannel channel
          && channel.isOpen()
          && channel.socket().getInputStream().available() > 0;
    } catch (IOException gone) {
      return false;
    } catch (ReflectiveOperationException | RuntimeException e) {
      PayaraMembers.missing("closes clients whose first message it has not read in time", e);
      return false;
    }
  }

  /** Ends the TCP connection without waiting for queued bytes. */
  public void terminate() {
    try {
      Object unused = PayaraMembers.call(socket, "terminate");
    } catch (ReflectiveOperationException | RuntimeException e) {
      PayaraMembers.missing(
          "lets the server end a connection, which may wait for a client that does not read", e);
    }
  }
}
