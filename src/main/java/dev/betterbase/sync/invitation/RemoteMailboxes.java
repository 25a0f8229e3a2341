package dev.betterbase.sync.invitation;

import java.util.concurrent.CompletionStage;

/** Access to mailboxes on other servers (federation.md, Calling). */
public interface RemoteMailboxes {
  /** Whether this server can call others at all. */
  boolean isEnabled();

  /**
   * Whether a server is trusted.
   *
   * @param server the domain of the server, in any spelling, or a URL
   */
  boolean trusts(String server);

  /**
   * Delivers an invitation to a mailbox on a trusted server.
   *
   * @return completes within 12 s; fails if the invitation was not delivered
   */
  CompletionStage<?> deliver(String server, String mailboxId, String payload);
}
