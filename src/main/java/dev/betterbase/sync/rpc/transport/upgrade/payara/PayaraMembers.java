package dev.betterbase.sync.rpc.transport.upgrade.payara;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Finds members of the server's own classes by name. Each is looked up once, because a look-up goes
 * through all members of a class and makes a new object.
 */
final class PayaraMembers {
  private static final Logger LOG = System.getLogger(PayaraMembers.class.getName());

  private static final Map<Member, Method> METHODS = new ConcurrentHashMap<>();
  private static final Map<Member, Field> FIELDS = new ConcurrentHashMap<>();

  /** The consequences that the log has already. */
  private static final Set<String> SAID = ConcurrentHashMap.newKeySet();

  private record Member(Class<?> type, String name) {}

  private PayaraMembers() {}

  /** A field of the object, private or not; of two with one name, that of the subclass. */
  static Field field(Object target, String name) throws ReflectiveOperationException {
    var member = new Member(target.getClass(), name);
    Field known = FIELDS.get(member);
    if (known != null) {
      return known;
    }
    for (Class<?> type = target.getClass(); type != null; type = type.getSuperclass()) {
      for (Field field : type.getDeclaredFields()) {
        if (field.getName().equals(name)) {
          field.setAccessible(true);
          FIELDS.put(member, field);
          return field;
        }
      }
    }
    throw new NoSuchFieldException(target.getClass().getName() + "." + name);
  }

  /** A public method of the object. All callers mean the same signature by one name. */
  static Method method(Object target, String name, Class<?>... parameters)
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

  /** Calls a public method without parameters. */
  static Object call(Object target, String name) throws ReflectiveOperationException {
    return method(target, name).invoke(target);
  }

  /**
   * Logs once that a member is missing.
   *
   * @param consequence the behaviour of the transport without it
   */
  static void missing(String consequence, Exception cause) {
    if (SAID.add(consequence)) {
      LOG.log(
          Level.WARNING,
          "this server is not the one that the upgrade transport knows; it " + consequence,
          cause);
    }
  }
}
