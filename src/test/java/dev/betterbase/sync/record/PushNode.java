package dev.betterbase.sync.record;

import dev.betterbase.sync.quota.PersonGrants;
import dev.betterbase.sync.record.PushOutcome.OverQuota;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.Entry;

/** Writes pushes alone, as a node does, without a server. */
public final class PushNode {
  private final RecordStore store;
  private final PersonGrants grants;

  /** On these databases. */
  public PushNode(Database database) {
    store = new RecordStore(database);
    grants = new PersonGrants(database);
  }

  /** Writes a push. */
  public PushOutcome push(RecordPush push) {
    return grants
        .write(
            push.quota(),
            () -> store.push(push),
            exceeded -> new Entry.Entered<>(new OverQuota(exceeded)))
        .orFail();
  }
}
