package dev.betterbase.sync.realtime;

import static dev.betterbase.sync.realtime.Audience.OTHER;
import static dev.betterbase.sync.realtime.Audience.SPACE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.cluster.LocalBus;
import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.identity.Permission;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.realtime.Audience.Subscriber;
import dev.betterbase.sync.rpc.RpcServer;
import dev.betterbase.sync.testing.Accesses;
import java.lang.ref.WeakReference;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The end of subscriptions whose chain is revoked (methods.md, membership.revoke). */
class AccessEndsTest {
  private static final Instant EXPIRY = Instant.parse("2026-11-23T13:00:00Z");
  private static final String REVOKED = "revoked {\"space\":\"s\",\"reason\":\"ucan_revoked\"}";
  private static final String EXPIRED = "revoked {\"space\":\"s\",\"reason\":\"ucan_expired\"}";

  private final Audience audience = new Audience();
  private final AccessEnds ends =
      new AccessEnds(audience.subscriptions, new RpcServer(), new LocalBus());
  private final Presences presences =
      new Presences(audience.subscriptions, new LocalBus(), () -> 0);
  private final Subscriber alice = audience.join("alice");
  private final Subscriber bob = audience.join("bob");
  private final String root = Accesses.newCid();
  private final String alices = Accesses.newCid();
  private final String newer = Accesses.newCid();

  private static Capability capability(Subscriber holder, String... cids) {
    return new Capability(SPACE, Permission.READ, holder.did(), List.of(cids), EXPIRY);
  }

  private Subscription begin(Subscriber who, String... cids) {
    return who.begin(SPACE, "s", capability(who, cids));
  }

  private static String told(int cursor) {
    return "file {\"space\":\"s\",\"cursor\":" + cursor + "}";
  }

  @Test
  void whoRestsOnItIsToldAndHearsNoMore() {
    begin(alice, alices, root).activate(0);
    begin(bob, root).activate(0);
    presences.set(alice.connection, SPACE, new byte[1]);
    audience.announce(1);
    ends.revoked(SPACE, alices, null);
    audience.announce(2);
    presences.sendEvent(bob.connection, SPACE, new byte[1]);
    assertThat(alice.heard()).containsExactly(told(1), REVOKED);
    assertThat(bob.heard("presence.leave")).hasSize(1);
    assertThat(bob.heard("revoked")).as("all others are told").containsExactly(REVOKED);
    assertThat(bob.heard("file")).containsExactly(told(1), told(2));
    assertThat(presences.others(bob.connection, SPACE)).isEmpty();
  }

  @Test
  void everyTokenOfTheChainCountsInItsOwnSpaceAlone() {
    begin(alice, alices, root).activate(0);
    begin(bob, root).activate(0);
    ends.revoked(OTHER, root, null);
    assertThat(alice.heard()).isEmpty();
    ends.revoked(SPACE, root, bob.connection);
    assertThat(alice.heard()).containsExactly(REVOKED);
    assertThat(bob.heard())
        .as("who rests on it is told, though it made it")
        .containsExactly(REVOKED);
    assertThat(audience.subscriptions.channels()).isEmpty();
  }

  @Test
  void whoMadeItIsNotTold() {
    begin(alice, alices).activate(0);
    begin(bob, root).activate(0);
    ends.revoked(SPACE, alices, bob.connection);
    assertThat(bob.heard()).isEmpty();
    audience.announce(1);
    assertThat(bob.heard()).containsExactly(told(1));
  }

  @Test
  void whatIsRevokedElsewhereIsToldOnce() {
    begin(alice, alices).activate(0);
    begin(bob, root).activate(0);
    ends.revokedElsewhere(SPACE, alices);
    ends.revokedElsewhere(SPACE, alices);
    assertThat(alice.heard()).containsExactly(REVOKED);
    assertThat(bob.heard()).containsExactly(REVOKED);
    ends.revoked(SPACE, newer, null);
    ends.revokedElsewhere(SPACE, newer);
    assertThat(bob.heard()).containsExactly(REVOKED, REVOKED);
  }

  @Test
  void whatWaitsOfTheSpaceIsTakenBack() {
    begin(alice, alices).activate(0);
    alice.subscribe(OTHER);
    bob.subscribe(OTHER);
    alice.transport.stopReading();
    audience.announce(1); // the transport already has it
    audience.announce(2);
    presences.sendEvent(bob.connection, OTHER, new byte[1]);
    audience.announce(3);
    ends.revoked(SPACE, alices, null);
    alice.transport.read();
    assertThat(alice.heard("file")).containsExactly(told(1));
    assertThat(alice.heard("event")).as("of another space").hasSize(1);
    assertThat(alice.heard()).hasSize(3).last().isEqualTo(REVOKED);
  }

  @Test
  void aPendingOneSaysSoBehindItsActivationAndDeliversNothing() {
    Subscription pending = begin(alice, alices);
    audience.announce(1);
    ends.revoked(SPACE, alices, null);
    audience.announce(2);
    assertThat(alice.heard()).isEmpty();
    pending.activate(0);
    audience.announce(3);
    assertThat(alice.heard()).containsExactly(REVOKED);
    assertThat(audience.subscriptions.channels()).isEmpty();
  }

  @Test
  void aPendingOneThatIsRefusedSaysNothing() {
    Subscription pending = begin(alice, alices);
    ends.revoked(SPACE, alices, null);
    audience.subscriptions.cancel(alice.connection, SPACE, pending);
    assertThat(alice.heard()).isEmpty();
    assertThat(audience.subscriptions.channels()).isEmpty();
  }

  @Test
  void aReplacementThatIsRevokedAndRefusedGivesItsPlaceBack() {
    begin(alice, alices).activate(0);
    presences.set(alice.connection, SPACE, new byte[1]);
    Subscription again = begin(alice, newer);
    audience.announce(1);
    ends.revoked(SPACE, newer, null);
    audience.announce(2);
    audience.subscriptions.cancel(alice.connection, SPACE, again);
    audience.announce(3);
    assertThat(alice.heard("file")).containsExactly(told(1), told(2), told(3));
    assertThat(alice.heard("revoked")).as("of somebody's").containsExactly(REVOKED);
    assertThat(presences.others(bob.connection, SPACE)).hasSize(1);
  }

  @Test
  void whatWasReplacedAndThenRevokedDoesNotComeBack() {
    begin(alice, alices).activate(0);
    bob.subscribe();
    presences.set(alice.connection, SPACE, new byte[1]);
    Subscription again = begin(alice, newer);
    ends.revoked(SPACE, alices, null);
    audience.announce(1);
    audience.subscriptions.cancel(alice.connection, SPACE, again);
    audience.announce(2);
    assertThat(alice.heard()).containsExactly(REVOKED);
    assertThat(bob.heard("presence.leave")).hasSize(1);
    assertThat(presences.others(bob.connection, SPACE)).isEmpty();
  }

  @Test
  void whatWasReplacedAndThenRevokedLeavesTheNewOneWhole() {
    begin(alice, alices).activate(0);
    bob.subscribe();
    presences.set(alice.connection, SPACE, new byte[1]);
    Subscription again = begin(alice, newer);
    ends.revoked(SPACE, alices, null);
    audience.announce(1);
    again.activate(0);
    audience.announce(2);
    assertThat(alice.heard("file")).containsExactly(told(1), told(2));
    assertThat(presences.others(bob.connection, SPACE)).hasSize(1);
    assertThat(bob.heard("presence.leave")).isEmpty();
  }

  @Test
  void aSubscriptionThatIsReplacedIsForgotten() {
    begin(alice, alices).activate(0);
    var first = new WeakReference<>(replaced());
    Awaitility.await()
        .until(
            () -> {
              System.gc();
              return first.get() == null;
            });
    audience.announce(1);
    assertThat(alice.heard()).containsExactly(told(1));
  }

  private Subscription replaced() {
    Subscription first = begin(alice, alices);
    first.activate(0);
    begin(alice, alices).activate(0);
    return first;
  }

  @Test
  void anotherDidEndsWhatWasMadeForTheFirst() {
    begin(alice, alices).activate(0);
    alice.begin(OTHER, "own", null).activate(0);
    bob.subscribe();
    presences.set(alice.connection, SPACE, new byte[1]);
    alice.refresh(alice.did());
    assertThat(alice.heard()).isEmpty();
    alice.refresh("did:key:another");
    assertThat(alice.heard()).containsExactly(REVOKED);
    audience.announce(1);
    assertThat(alice.heard()).containsExactly(REVOKED);
    assertThat(bob.heard("presence.leave")).hasSize(1);
    assertThat(audience.subscriptions.channel(OTHER)).as("its own space").isPresent();
  }

  @Test
  void whatExpiresEndsWhenItsLastSecondIsOver() {
    begin(alice, alices).activate(0);
    bob.subscribe();
    ends.endExpired(EXPIRY.plusMillis(999));
    assertThat(alice.heard()).isEmpty();
    ends.endExpired(EXPIRY.plusSeconds(1));
    audience.announce(1);
    assertThat(alice.heard()).containsExactly(EXPIRED);
    assertThat(bob.heard()).as("is nobody else's business").containsExactly(told(1));
  }

  @Test
  void knowsInWhichSpacesSomebodyRestsOnAChain() {
    assertThat(ends.sharedSpaces()).isEmpty();
    bob.subscribe(OTHER);
    assertThat(ends.sharedSpaces()).isEmpty();
    begin(alice, alices);
    assertThat(ends.sharedSpaces()).containsExactly(SPACE);
    SpaceId third = new SpaceId(new UUID(3, 3));
    ends.revoked(third, alices, null);
    assertThat(ends.sharedSpaces()).containsExactly(SPACE);
  }
}
