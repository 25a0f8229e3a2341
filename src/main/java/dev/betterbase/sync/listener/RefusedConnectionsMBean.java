package dev.betterbase.sync.listener;

/**
 * The connections that the listeners have refused or closed before the application knew of a
 * request, since the server started. It is a JMX bean, because the metrics of the application ask
 * for it from another class loader than that of the launcher.
 */
public interface RefusedConnectionsMBean {

  /**
   * Because there were as many connections as there may be, or another address was given a place.
   */
  long getTooMany();

  /** Because the address had as many connections as one address may have. */
  long getTooManyOfAddress();

  /** Because the headers of unfinished requests took too much memory. */
  long getHeaderMemory();

  /** Because no whole header came in time. */
  long getHeaderTooSlow();
}
