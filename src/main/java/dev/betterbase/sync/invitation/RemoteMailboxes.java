package dev.betterbase.sync.invitation;

import java.util.concurrent.CompletionStage;

/** The way to mailboxes on other servers (federation.md, Calling). */
public interface RemoteMailboxes {
  /** Whether this server can call others at all. */
  boolean isEnabled();

  /**
   * Whether a server is trusted.
   *
   * @param server its domain, in any spelling, or a URL
   */
  boolean trusts(String server);

  /**
   * Leaves an invitation in a mailbox of a trusted server.
   *
   * @return complete within 12 s; fails where it was not delivered, whatever the reason
   */
  CompletionStage<?> deliver(String server, String mailboxId, String payload);
}
