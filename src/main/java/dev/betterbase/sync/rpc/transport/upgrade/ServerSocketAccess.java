package dev.betterbase.sync.rpc.transport.upgrade;

import jakarta.servlet.http.WebConnection;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.channels.WritableByteChannel;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
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

  private static final Logger LOG = System.getLogger(ServerSocketAccess.class.getName());
  private static final AtomicBoolean WARNED = new AtomicBoolean();

  /** Ready means that all that was written before is with the kernel. */
  private static final int QUEUED_BYTES = 1;

  /** Looked up once, for a look-up goes through all methods of a class and makes another object. */
  private static final Map<Member, Method> METHODS = new ConcurrentHashMap<>();

  private static final Map<Member, Field> FIELDS = new ConcurrentHashMap<>();

  private record Member(Class<?> type, String name) {}

  private final Object request;
  private final Object socket;

  private ServerSocketAccess(Object request, Object socket) {
    this.request = request;
    this.socket = socket;
  }

  /** The socket of a connection; null where the server is not the one it was written for. */
  static @Nullable ServerSocketAccess of(WebConnection connection) {
    try {
      Object request = call(declared(connection, "request").get(connection), "getCoyoteRequest");
      return new ServerSocketAccess(request, call(call(request, "getContext"), "getConnection"));
    } catch (ReflectiveOperationException | RuntimeException e) {
      warn(e);
      return null;
    }
  }

  /** Queues nothing in the server beyond one write. */
  void boundQueue() {
    try {
      method(socket, "setMaxAsyncWriteQueueSize", int.class).invoke(socket, QUEUED_BYTES);
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
      if ((Boolean) call(request, "isSecure")) {
        return null;
      }
      Object queue = call(socket, "getAsyncWriteQueue");
      Method size = method(queue, "spaceInBytes");
      return new DirectSocket(
          (WritableByteChannel) call(socket, "getChannel"), () -> read(size, queue));
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
      Object packet = call(request, "getRequest");
      for (Object header : List.of(packet, call(packet, "getResponse"))) {
        Object fields = call(header, "getHeaders");
        Object unused = call(fields, "clear");
        Field array = declared(fields, "headers");
        array.set(fields, Array.newInstance(array.getType().getComponentType(), 1));
      }
      Object parameters = call(request, "getParameters");
      for (String name : List.of("tmpNameC", "tmpValueC")) {
        Object chars = declared(parameters, name).get(parameters);
        method(chars, "setChars", char[].class, int.class, int.class)
            .invoke(chars, new char[0], 0, 0);
      }
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

  private static Field declared(Object target, String name) throws ReflectiveOperationException {
    var member = new Member(target.getClass(), name);
    Field known = FIELDS.get(member);
    if (known != null) {
      return known;
    }
    Field field = target.getClass().getDeclaredField(name);
    field.setAccessible(true);
    FIELDS.put(member, field);
    return field;
  }

  private static Object call(Object target, String name) throws ReflectiveOperationException {
    return method(target, name).invoke(target);
  }

  private static Method method(Object target, String name, Class<?>... parameters)
      throws ReflectiveOperationException {
    var member = new Member(target.getClass(), name);
    Method known = METHODS.get(member);
    if (known != null) {
      return known;
    }
    Method method = target.getClass().getMethod(name, parameters);
    METHODS.put(member, method);
    return method;
  }

  private static void warn(Exception cause) {
    if (WARNED.compareAndSet(false, true)) {
      LOG.log(
          Level.WARNING,
          "this server is not the one that the upgrade transport knows; it cannot bound what the"
              + " server queues for a client that does not read, nor what it keeps of handshakes",
          cause);
    }
  }
}
