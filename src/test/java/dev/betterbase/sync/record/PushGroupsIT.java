package dev.betterbase.sync.record;

import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.federation.SharedServers;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** Pushes of many people at the same time share transactions. */
@IntegrationTest
class PushGroupsIT {
  private static final int CLIENTS = 40;
  private static final byte[] BLOB = {1, 2, 3};

  /** The server has 20 connections. */
  private static final int WRITERS = 4;

  private final PGSimpleDataSource database = new PGSimpleDataSource();
  private final TestServer server = SharedServers.peered();
  private final List<String> spaces = new ArrayList<>();
  private final List<WireClient> clients = new ArrayList<>();

  @Test
  void pushesThatWaitForTheDatabaseAreCommittedTogether() throws Exception {
    database.setUrl(SharedServers.peeredDatabase().jdbcUrl());
    for (int i = 0; i < CLIENTS; i++) {
      TestUser user = server.newUser();
      WireClient client = server.connect(user);
      clients.add(client);
      spaces.add(user.personalSpace());
      client.request("push", push(user.personalSpace(), put(newId(), 0, BLOB))).ok();
    }
    Map<WireClient, String> calls = new LinkedHashMap<>();
    try (Connection other = database.getConnection();
        Statement lock = other.createStatement()) {
      other.setAutoCommit(false);
      lock.execute("lock table records in share row exclusive mode");
      for (int i = 0; i < CLIENTS; i++) {
        calls.put(
            clients.get(i),
            clients.get(i).start("push", push(spaces.get(i), put(newId(), 0, BLOB))));
      }
      await().until(() -> pushesAtWork() >= WRITERS);
      other.rollback();
    }
    calls.forEach(
        (client, id) -> assertThat(client.await(id).ok().get("cursor").longValue()).isEqualTo(2));
    assertThat(transactionsOfSecondPushes()).isLessThan(CLIENTS);
    clients.forEach(WireClient::close);
  }

  private int pushesAtWork() {
    return Integer.parseInt(
        Databases.value(
            database,
            "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname ="
                + " current_database() and query ~ 'push_(records|together)'"));
  }

  private int transactionsOfSecondPushes() {
    return Integer.parseInt(
        Databases.value(
            database,
            "select count(distinct xmin::text) from records where cursor = 2 and space_id in (%s)"
                .formatted(
                    spaces.stream().map(id -> "'" + id + "'").collect(Collectors.joining(", ")))));
  }
}
