package dev.betterbase.sync.listener;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.management.ManagementFactory;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.MalformedObjectNameException;
import javax.management.ObjectName;

/** Counts the connections that the listeners refuse, from its making until it is closed. */
final class RefusedConnections implements RefusedConnectionsMBean, AutoCloseable {
  private static final Logger LOG = System.getLogger(RefusedConnections.class.getName());

  static final ObjectName NAME = name();

  private final Map<ConnectionTable.Refusal, LongAdder> counts =
      new EnumMap<>(ConnectionTable.Refusal.class);
  private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();

  RefusedConnections() {
    for (ConnectionTable.Refusal reason : ConnectionTable.Refusal.values()) {
      counts.put(reason, new LongAdder());
    }
  }

  private static ObjectName name() {
    try {
      return new ObjectName("dev.betterbase.sync:type=RefusedConnections");
    } catch (MalformedObjectNameException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Shows the counts. Without them the limits still hold. */
  void show() {
    try {
      server.registerMBean(this, NAME);
    } catch (JMException e) {
      LOG.log(Level.WARNING, "The connections that are refused cannot be shown", e);
    }
  }

  void count(ConnectionTable.Refusal reason) {
    LongAdder count = counts.get(reason);
    if (count != null) {
      count.increment();
    }
  }

  private long sum(ConnectionTable.Refusal reason) {
    LongAdder count = counts.get(reason);
    return count == null ? 0 : count.sum();
  }

  @Override
  public long getTooMany() {
    return sum(ConnectionTable.Refusal.TOO_MANY);
  }

  @Override
  public long getTooManyOfAddress() {
    return sum(ConnectionTable.Refusal.TOO_MANY_OF_ADDRESS);
  }

  @Override
  public long getHeaderMemory() {
    return sum(ConnectionTable.Refusal.HEADER_MEMORY);
  }

  @Override
  public long getHeaderTooSlow() {
    return sum(ConnectionTable.Refusal.HEADER_TOO_SLOW);
  }

  @Override
  public void close() {
    try {
      server.unregisterMBean(NAME);
    } catch (JMException e) {
      LOG.log(Level.WARNING, "The connections that were refused are still shown", e);
    }
  }
}
