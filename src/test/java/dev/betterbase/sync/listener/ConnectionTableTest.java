package dev.betterbase.sync.listener;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.address.ClientAddress;
import dev.betterbase.sync.listener.ConnectionTable.Refusal;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Connections are texts here. */
class ConnectionTableTest {
  private static final ClientAddress CROWD = ClientAddress.of("2001:db8::1");
  private static final ClientAddress ALICE = ClientAddress.of("192.0.2.1");
  private static final ClientAddress BOB = ClientAddress.of("192.0.2.2");

  private final Map<String, Refusal> refused = new LinkedHashMap<>();
  private final Set<String> unread = new HashSet<>();
  private long nanos = 5;

  private final ConnectionTable<String> table =
      new ConnectionTable<>(
          new ConnectionTable.Bounds(4, 3, 10_000, Duration.ofSeconds(30)),
          () -> nanos,
          new ConnectionTable.Server<>() {
            @Override
            public void close(String connection, Refusal reason) {
              refused.put(connection, reason);
              closedByServer(connection);
            }

            @Override
            public boolean hasUnread(String connection) {
              return unread.contains(connection);
            }
          });

  /** As the server does when it closes a connection. */
  private void closedByServer(String connection) {
    table.closed(connection);
  }

  private void pass(int seconds) {
    nanos += Duration.ofSeconds(seconds).toNanos();
    table.closeSlow();
  }

  private void request(String connection) {
    table.received(connection, 100);
    table.headerParsed(connection);
  }

  @Test
  void nobodyIsRefusedWhileThereIsRoom() {
    table.accepted("1", CROWD);
    table.accepted("2", CROWD);
    table.accepted("3", CROWD);
    table.accepted("4", ALICE);

    assertThat(refused).isEmpty();
    assertThat(table.size()).isEqualTo(4);
    table.closed("4");
    table.closed("4");
    assertThat(table.size()).isEqualTo(3);
  }

  @Test
  void oneAddressHasALimit() {
    for (String each : new String[] {"1", "2", "3", "4"}) {
      table.accepted(each, CROWD);
    }
    assertThat(refused).containsExactly(Map.entry("4", Refusal.TOO_MANY_OF_ADDRESS));
  }

  @Test
  void theAddressWithMostGivesUpWhatNoRequestIsOn() {
    table.accepted("1", CROWD);
    table.accepted("2", CROWD);
    table.accepted("3", ALICE);
    table.accepted("4", ALICE);
    request("1");
    table.closed("3");
    table.accepted("5", CROWD);

    table.accepted("6", ALICE);
    assertThat(refused).as("1 has a request").containsExactly(Map.entry("2", Refusal.TOO_MANY));
    table.accepted("7", ALICE);
    assertThat(refused).as("both have two").containsEntry("7", Refusal.TOO_MANY);
    table.accepted("8", BOB);
    assertThat(refused).as("one of either").hasSize(3).doesNotContainKeys("1", "8");
    assertThat(table.size()).isEqualTo(4);
  }

  @Test
  void aConnectionWithARequestIsNotDisplaced() {
    table.accepted("1", CROWD);
    table.accepted("2", CROWD);
    table.accepted("3", CROWD);
    table.accepted("4", BOB);
    for (String each : new String[] {"1", "2", "3", "4"}) {
      request(each);
    }
    table.accepted("5", ALICE);
    assertThat(refused).containsExactly(Map.entry("5", Refusal.TOO_MANY));
    table.answered("2");
    table.accepted("6", ALICE);
    assertThat(refused).containsEntry("2", Refusal.TOO_MANY);
  }

  @Test
  void theAddressWhoseHeadersTakeMostGivesWay() {
    table.accepted("1", CROWD);
    table.accepted("2", CROWD);
    table.accepted("3", ALICE);
    table.received("3", 4_000);
    table.received("1", 2_000);
    table.received("2", 1_000);
    assertThat(table.headerBytes()).isEqualTo(7_000 + 3 * 256);
    assertThat(refused).isEmpty();
    table.received("2", 3_000);
    assertThat(refused).containsExactly(Map.entry("2", Refusal.HEADER_MEMORY));
    assertThat(table.headerBytes()).isEqualTo(6_000 + 2 * 256);

    table.headerParsed("3");
    table.received("3", 1_000_000);
    assertThat(table.headerBytes()).as("a body").isEqualTo(2_000 + 256);
    table.closed("1");
    assertThat(table.headerBytes()).isZero();
  }

  @Test
  void manySmallPartsCountForWhatTheyTake() {
    table.accepted("1", ALICE);
    for (int i = 1; i < 50; i++) {
      table.received("1", i);
    }
    assertThat(refused).containsExactly(Map.entry("1", Refusal.HEADER_MEMORY));
    assertThat(table.headerBytes()).isZero();
  }

  @Test
  void aHeaderHasThirtySeconds() {
    table.accepted("1", ALICE);
    for (int i = 1; i < 30; i++) {
      pass(1);
      table.received("1", i);
    }
    assertThat(refused).isEmpty();
    pass(1);
    assertThat(refused).containsExactly(Map.entry("1", Refusal.HEADER_TOO_SLOW));
  }

  @Test
  void aRequestHasItsOwnClocks() {
    table.accepted("1", ALICE);
    request("1");
    pass(100);
    table.answered("1");
    pass(100);
    assertThat(refused).isEmpty();
    table.received("1", 5);
    pass(29);
    assertThat(refused).isEmpty();
    pass(1);
    assertThat(refused).containsKey("1");
  }

  @Test
  void whatTheServerHasNotReadIsNotLate() {
    table.accepted("1", ALICE);
    unread.add("1");
    pass(100);
    assertThat(refused).isEmpty();
    request("1");
    unread.clear();
    pass(100);
    assertThat(refused).isEmpty();
  }
}
