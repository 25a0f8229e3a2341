package dev.betterbase.sync.listener;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.betterbase.sync.settings.Settings;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Optional;

/**
 * The listeners of Payara, on which connections and headers have bounds, and requests that a proxy
 * may read differently are refused. Payara itself has no setting for that.
 */
public final class GuardedListeners implements AutoCloseable {
  private static final Logger LOG = System.getLogger(GuardedListeners.class.getName());

  private static final String ADVICE = "raise the limit of open files of the server";

  private final List<Listener> listeners;
  private final ConnectionLimits limits;

  private GuardedListeners(List<Listener> listeners, ConnectionLimits limits) {
    this.listeners = listeners;
    this.limits = limits;
  }

  /**
   * Guards the listeners of the server in which this application runs, if there are any.
   *
   * @return empty if there are none, or the server lacks a class that this needs; the log says so
   */
  public static Optional<GuardedListeners> ofApplicationServer(Settings settings) {
    try {
      return of(GuardedListeners.class.getClassLoader(), settings, fileRoom());
    } catch (ReflectiveOperationException | LinkageError e) {
      LOG.log(
          Level.WARNING,
          "This server is not the Payara that this release knows: its connections and headers have"
              + " no bounds",
          e);
      return Optional.empty();
    }
  }

  /**
   * Guards the listeners that are open now.
   *
   * @param server finds the classes of the server
   * @throws ReflectiveOperationException if the server lacks a class that this needs
   */
  public static Optional<GuardedListeners> of(ClassLoader server, Settings settings, FileRoom files)
      throws ReflectiveOperationException {
    List<Listener> listeners = Listener.open(server);
    if (listeners.isEmpty()) {
      return Optional.empty();
    }
    try {
      // In this order: the header of a request that is refused counts until its connection ends.
      for (Listener listener : listeners) {
        MalformedRequests.refuse(listener);
        DeclinedUpgrades.decline(listener);
        UnfinishedResponses.end(listener);
      }
      return Optional.of(
          new GuardedListeners(listeners, ConnectionLimits.apply(listeners, settings, files)));
    } catch (ReflectiveOperationException e) {
      for (Listener listener : listeners) {
        listener.removeProbes();
      }
      throw e;
    }
  }

  private static FileRoom fileRoom() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
        ? new FileRoom(
            system.getMaxFileDescriptorCount(), system.getOpenFileDescriptorCount(), ADVICE)
        : new FileRoom(Long.MAX_VALUE, 0, ADVICE);
  }

  /** Ends the guard; the listeners and their connections stay open. */
  @Override
  public void close() {
    try {
      for (Listener listener : listeners) {
        listener.removeProbes();
      }
      limits.close();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("the guard of the listeners cannot be ended", e);
    }
  }
}
