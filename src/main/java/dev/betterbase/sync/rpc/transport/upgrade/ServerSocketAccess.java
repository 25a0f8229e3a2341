package dev.betterbase.sync.rpc.transport.upgrade;

import jakarta.servlet.http.WebConnection;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * What the Servlet API does not show of a connection, on Payara, whose HTTP library is Grizzly: how
 * much it queues before it says that it is not ready, which is four times the socket's send buffer
 * (10 MiB for each client that does not read), and the end of the TCP connection without waiting
 * for what is queued. By reflection, since those classes are the server's own. Without it the
 * transport works, but counts what is queued there as sent.
 */
final class ServerSocketAccess {

  private static final Logger LOG = System.getLogger(ServerSocketAccess.class.getName());
  private static final AtomicBoolean WARNED = new AtomicBoolean();

  /** Ready means that all that was written before is with the kernel. */
  private static final int QUEUED_BYTES = 1;

  private final Object socket;

  private ServerSocketAccess(Object socket) {
    this.socket = socket;
  }

  /** The socket of a connection; null where the server is not the one it was written for. */
  static @Nullable ServerSocketAccess of(WebConnection connection) {
    try {
      Field field = connection.getClass().getDeclaredField("request");
      field.setAccessible(true);
      Object request = call(field.get(connection), "getCoyoteRequest");
      return new ServerSocketAccess(call(call(request, "getContext"), "getConnection"));
    } catch (ReflectiveOperationException | RuntimeException e) {
      warn(e);
      return null;
    }
  }

  /** Queues nothing in the server beyond one write. */
  void boundQueue() {
    try {
      Method method = socket.getClass().getMethod("setMaxAsyncWriteQueueSize", int.class);
      method.invoke(socket, QUEUED_BYTES);
    } catch (ReflectiveOperationException | RuntimeException e) {
      warn(e);
    }
  }

  /** Whether the TCP connection stands, as far as the server knows. */
  boolean isOpen() {
    try {
      return (Boolean) call(socket, "isOpen");
    } catch (ReflectiveOperationException | RuntimeException e) {
      warn(e);
      return true;
    }
  }

  /** Ends the TCP connection, whatever is queued. */
  void terminate() {
    try {
      Object unused = call(socket, "terminate");
    } catch (ReflectiveOperationException | RuntimeException e) {
      warn(e);
    }
  }

  private static Object call(Object target, String name) throws ReflectiveOperationException {
    return target.getClass().getMethod(name).invoke(target);
  }

  private static void warn(Exception cause) {
    if (WARNED.compareAndSet(false, true)) {
      LOG.log(
          Level.WARNING,
          "this server is not the one that the upgrade transport knows; it cannot bound what the"
              + " server queues for a client that does not read",
          cause);
    }
  }
}
