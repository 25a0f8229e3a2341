package dev.betterbase.sync.realtime;

import static dev.betterbase.sync.realtime.Audience.OTHER;
import static dev.betterbase.sync.realtime.Audience.SPACE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.cluster.LocalBus;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.realtime.Audience.Subscriber;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who sees whose presence (methods.md, Presence and events). */
class PresencesTest {
  private static final Duration AGE = Duration.ofSeconds(45);

  private final Audience audience = new Audience();
  private long now = Long.MAX_VALUE - 5; // the clock may wrap round
  private Runnable whileItIsSet = () -> {};
  private final Presences presences =
      new Presences(
          audience.subscriptions,
          new LocalBus(),
          () -> {
            whileItIsSet.run();
            return now;
          });
  private final Subscriber alice = audience.join("alice").subscribe();
  private final Subscriber bob = audience.join("bob").subscribe();

  private void set(Subscriber who, String data) {
    presences.set(who.connection, SPACE, data.getBytes(UTF_8));
  }

  private List<String> others(Subscriber who, SpaceId space) {
    return presences.others(who.connection, space).stream()
        .map(peer -> new String(peer.data(), UTF_8))
        .sorted()
        .toList();
  }

  private String pseudonymOf(Subscriber who, Subscriber seenBy) {
    List<Presence> before = presences.others(seenBy.connection, SPACE);
    set(who, "look");
    return presences.others(seenBy.connection, SPACE).stream()
        .filter(peer -> !before.contains(peer))
        .findAny()
        .orElseThrow()
        .pseudonym();
  }

  private static String base64(String data) {
    return Base64.getEncoder().encodeToString(data.getBytes(UTF_8));
  }

  @Test
  void isShownToTheOthersAndRenewed() {
    set(alice, "one");
    set(alice, "two");
    String peer = presences.others(bob.connection, SPACE).getFirst().pseudonym();
    assertThat(bob.heard())
        .containsExactly(
            "presence {\"space\":\"s\",\"peer\":\""
                + peer
                + "\",\"data\":\""
                + base64("one")
                + "\"}",
            "presence {\"space\":\"s\",\"peer\":\""
                + peer
                + "\",\"data\":\""
                + base64("two")
                + "\"}");
    assertThat(alice.heard()).isEmpty();
    assertThat(others(bob, SPACE)).containsExactly("two");
    assertThat(others(alice, SPACE)).isEmpty();
  }

  @Test
  void isThereOnlyForSubscribers() {
    Subscriber stranger = audience.join("carol");
    set(stranger, "x");
    presences.sendEvent(stranger.connection, SPACE, new byte[1]);
    presences.clear(stranger.connection, SPACE);
    presences.set(alice.connection, OTHER, new byte[1]);
    presences.sendEvent(alice.connection, OTHER, new byte[1]);
    assertThat(bob.heard()).isEmpty();
    assertThat(others(bob, SPACE)).isEmpty();
    assertThat(others(bob, OTHER)).isEmpty();
    assertThat(audience.subscriptions.channel(OTHER)).isEmpty();
  }

  @Test
  void endsOnceWhenItIsCleared() {
    String peer = pseudonymOf(alice, bob);
    presences.clear(alice.connection, SPACE);
    presences.clear(alice.connection, SPACE);
    presences.clear(bob.connection, SPACE);
    assertThat(bob.heard("presence.leave"))
        .containsExactly("presence.leave {\"space\":\"s\",\"peer\":\"" + peer + "\"}");
    assertThat(alice.heard()).isEmpty();
    assertThat(others(bob, SPACE)).isEmpty();
  }

  @Test
  void oneHundredArePresentAndOneMoreIsDroppedUntilOneLeaves() {
    List<Subscriber> many = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      many.add(audience.join("user-" + i).subscribe());
      set(many.getLast(), "x");
    }
    assertThat(others(bob, SPACE)).hasSize(100);
    set(alice, "one too many");
    assertThat(others(bob, SPACE)).hasSize(100).doesNotContain("one too many");
    assertThat(bob.heard("presence")).hasSize(100);
    set(many.getFirst(), "renewed");
    assertThat(others(bob, SPACE)).hasSize(100).contains("renewed");
    presences.clear(many.getFirst().connection, SPACE);
    set(alice, "in time");
    assertThat(others(bob, SPACE)).hasSize(100).contains("in time");
  }

  @Test
  void endsWhereItIsNotRenewed() {
    set(alice, "alice");
    now += AGE.dividedBy(2).toNanos();
    set(bob, "bob");
    now += AGE.dividedBy(2).toNanos();
    presences.clearOlderThan(AGE);
    assertThat(others(bob, SPACE)).as("just as old").containsExactly("alice");
    now++;
    presences.clearOlderThan(AGE);
    assertThat(others(bob, SPACE)).isEmpty();
    assertThat(others(alice, SPACE)).containsExactly("bob");
    assertThat(bob.heard("presence.leave")).hasSize(1);
    assertThat(alice.heard("presence.leave")).isEmpty();
    set(bob, "renewed");
    now += AGE.toNanos();
    presences.clearOlderThan(AGE);
    assertThat(others(alice, SPACE)).containsExactly("renewed");
  }

  @Test
  void endsWithTheSubscriptionAndWithTheConnection() {
    String first = pseudonymOf(alice, bob);
    audience.subscriptions.end(alice.connection, SPACE);
    assertThat(others(bob, SPACE)).isEmpty();
    alice.subscribe();
    set(alice, "again");
    alice.connection.closed();
    assertThat(others(bob, SPACE)).isEmpty();
    String leave = "presence.leave {\"space\":\"s\",\"peer\":\"" + first + "\"}";
    assertThat(bob.heard("presence.leave")).containsExactly(leave, leave);
  }

  @Test
  void aConnectionThatEndsWhileItIsSetIsNotPresent() {
    whileItIsSet = () -> alice.connection.closed();
    set(alice, "ghost");
    assertThat(others(bob, SPACE)).isEmpty();
    assertThat(bob.heard()).hasSize(2).last().asString().startsWith("presence.leave ");
  }

  @Test
  void subscribingAgainKeepsIt() {
    set(alice, "x");
    Subscription again = alice.begin(SPACE, "S", null);
    assertThat(others(bob, SPACE)).containsExactly("x");
    again.activate(0);
    assertThat(others(bob, SPACE)).containsExactly("x");
    audience.subscriptions.cancel(alice.connection, SPACE, alice.begin(SPACE, "t", null));
    assertThat(others(bob, SPACE)).containsExactly("x");
    assertThat(bob.heard("presence.leave")).isEmpty();
  }

  @Test
  void aPseudonymIsOneConnectionsInOneSpace() {
    alice.subscribe(OTHER);
    bob.subscribe(OTHER);
    String here = pseudonymOf(alice, bob);
    presences.set(alice.connection, OTHER, new byte[1]);
    String there = presences.others(bob.connection, OTHER).getFirst().pseudonym();
    assertThat(List.of(here, there, pseudonymOf(audience.join("alice").subscribe(), bob)))
        .doesNotHaveDuplicates()
        .allMatch(peer -> peer.matches("[0-9a-f]{32}"));
  }

  @Test
  void showsOneConnectionAloneInItsSpelling() {
    audience.join("carol").begin(SPACE, "s", null).activate(0);
    bob.begin(SPACE, "B", null).activate(0);
    presences.show(bob.connection, SPACE, new Presence("p", new byte[] {1}));
    assertThat(bob.heard())
        .containsExactly("presence {\"space\":\"B\",\"peer\":\"p\",\"data\":\"AQ==\"}");
    assertThat(alice.heard()).isEmpty();
  }

  @Test
  void eventsGoToTheOthersInTheirSpellingAndAreNotKept() {
    bob.begin(SPACE, "B", null).activate(0);
    presences.sendEvent(alice.connection, SPACE, "hi".getBytes(UTF_8));
    String peer = pseudonymOf(alice, bob);
    assertThat(bob.heard("event"))
        .containsExactly(
            "event {\"space\":\"B\",\"peer\":\"" + peer + "\",\"data\":\"" + base64("hi") + "\"}");
    assertThat(alice.heard()).isEmpty();
    Subscriber late = audience.join("late").subscribe();
    assertThat(late.heard()).isEmpty();
  }
}
