package dev.betterbase.sync.rpc.method;

import dev.betterbase.sync.address.ClientAddress;
import dev.betterbase.sync.identity.AccessToken;
import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.SpaceId;
import java.util.function.Predicate;

/**
 * A connection as handlers and features see it: its caller, the frames that can be sent to it, and
 * its end. Only {@code rpc} knows how it is transported and closed.
 */
public interface Connection {

  /**
   * A name that no other connection has, on any node.
   *
   * @return 36 characters
   */
  String id();

  /** From which address a client comes; unknown for a peer, which has authenticated itself. */
  ClientAddress address();

  /** The caller at the other end. */
  Caller caller();

  /**
   * The access token under which a member's connection goes on at present.
   *
   * @throws IllegalStateException if the caller is a peer, whose methods ask for no token
   */
  AccessToken token();

  /**
   * Queues a notification and writes it. It never waits: if there is no room, the queue makes room
   * or closes the connection (protocol.md, Close codes).
   */
  void send(Notification notification);

  /**
   * Queues a notification as {@link #send} does, and leaves the writing to {@link #flush}. When one
   * notification goes to many connections, writing is nearly all of the work and needs no lock.
   */
  void put(Notification notification);

  /** Writes the queued notifications. */
  void flush();

  /** Removes the queued notifications of a space that the caller may no longer see. */
  void withdraw(SpaceId space);

  /** Ends the streams that rest on a capability for which the condition holds. */
  void endStreamsIf(Predicate<Capability> over);

  /**
   * Runs a task once, when the connection ends, for whatever reason; at once if it has ended.
   *
   * @param task short, because it runs on the thread that ends the connection
   */
  void onEnd(Runnable task);

  /**
   * Runs a task each time the connection goes on under another token.
   *
   * @param task short, because it runs before the reply to the refresh
   */
  void onRefresh(Runnable task);

  /**
   * Goes on under a new token of the same person. The connection then counts for the mailbox that
   * the new token names. If that mailbox has too many connections already, this one closes behind
   * the reply, as it would have at connecting.
   */
  void refresh(AccessToken token);
}
