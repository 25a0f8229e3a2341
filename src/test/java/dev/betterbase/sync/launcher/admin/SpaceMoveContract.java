package dev.betterbase.sync.launcher.admin;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.delete;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.file.FileClient;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.storage.ShardedServer;
import dev.betterbase.sync.testing.Replica;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.TestPostgres;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.ds.PGSimpleDataSource;

/** Moves of spaces between two databases while servers use them (docs/scaling.md, Shards). */
@Timeout(600)
abstract class SpaceMoveContract {
  /** The steps of a move after which it may stop. */
  enum Stop {
    BEGIN,
    COPY,
    FENCE,
    LEAVE,
    ARRIVE
  }

  /** A server and its databases. */
  abstract ShardedServer sharded();

  /** The port of another server on the same databases, or that of the same one. */
  abstract int secondPort();

  private static DataSource source(TestPostgres.Database database) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(database.jdbcUrl());
    return source;
  }

  List<DataSource> databases() {
    return List.of(source(sharded().first()), source(sharded().second()));
  }

  private TestPostgres.Database database(int number) {
    return number == 1 ? sharded().first() : sharded().second();
  }

  static SpaceId id(String space) {
    return SpaceId.parse(space).orElseThrow();
  }

  MoveResult move(String space, int to) {
    return MoveResult.of(databases(), id(space), to);
  }

  private List<String> query(int number, String sql) {
    try (Connection connection = database(number).connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<String> values = new ArrayList<>();
      while (rows.next()) {
        values.add(rows.getString(1));
      }
      return values;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The database in which a space is, by its rows there; there is exactly one. */
  int place(String space) {
    String here = "select 1 from spaces where elsewhere is null and id = '" + space + "'";
    List<Integer> places =
        Stream.of(1, 2).filter(number -> !query(number, here).isEmpty()).toList();
    assertThat(places).hasSize(1);
    return places.getFirst();
  }

  static int otherThan(int number) {
    return 3 - number;
  }

  /** A space in this database. */
  SharedSpace spaceIn(int number) {
    SharedSpace space = SharedSpace.create(sharded().server());
    if (place(space.id()) != number) {
      move(space.id(), number);
    }
    return space;
  }

  /** All rows of a space in a database, without what says where it is. */
  Map<String, List<String>> content(int number, String space) throws SQLException {
    Map<String, List<String>> content = new HashMap<>();
    try (Connection connection = database(number).connect()) {
      for (SpaceTable table : SpaceTable.all(connection)) {
        content.put(
            table.name(),
            query(
                number,
                "select t::text from %s t where space_id = '%s' order by 1"
                    .formatted(table.name(), space)));
      }
      List<String> columns = new ArrayList<>(SpaceTable.columnsOfSpaces(connection));
      columns.remove("updated_at");
      content.put(
          "spaces",
          query(
              number,
              "select row(%s)::text from spaces where id = '%s'"
                  .formatted(String.join(", ", columns), space)));
    }
    return content;
  }

  WireClient connect(int at, Member member) {
    return at == 1 ? member.connect() : WireClient.open(secondPort()).authenticate(member.token());
  }

  static long push(WireClient client, Member member, Object change) {
    JsonNode result = client.request("push", member.params("changes", List.of(change))).ok();
    assertThat(result.get("ok").booleanValue()).as(result.toString()).isTrue();
    return result.get("cursor").longValue();
  }

  SortedMap<String, Long> pulled(WireClient client, Member member) {
    return new Replica(member).attach(client).records();
  }

  /** The same on a new connection to this server. */
  SortedMap<String, Long> pulled(int at, Member member) {
    try (WireClient client = connect(at, member)) {
      return pulled(client, member);
    }
  }

  @Test
  void allThatBelongsToASpaceMovesAlsoWhatChangesMeanwhile() throws Exception {
    SharedSpace space = spaceIn(1);
    Member member = space.invite("write");
    try (WireClient client = member.connect();
        WireClient admin = space.admin().connect()) {
      List<String> ids = Stream.generate(Requests::newId).limit(20).toList();
      for (String id : ids) {
        push(client, member, put(id, 0, blob(5_000)));
      }
      space.admin().append(admin).ok();
      try (SpaceMove move = new SpaceMove(databases(), id(space.id()), 2, MoveLimits.USUAL)) {
        assertThat(move.begin()).isTrue();
        move.copy();
        push(client, member, put(ids.get(0), 1, blob(10)));
        push(client, member, delete(ids.get(1), 2));
        push(client, member, put(newId(), 0, blob(10)));
        space.admin().append(admin).ok();
        admin.request("epoch.begin", space.admin().params("epoch", 2)).ok();
        admin.request("membership.revoke", space.admin().params("ucan_cid", "ab".repeat(32))).ok();
        // A rewrap leaves cursors as they are.
        String rewrap =
            "update records set wrapped_dek = decode(repeat('02', 44), 'hex')"
                + " where space_id = '%s' and id = '%s' returning 1";
        assertThat(query(1, rewrap.formatted(space.id(), ids.get(2)))).hasSize(1);
        Map<String, List<String>> before = content(1, space.id());
        assertThat(before.get("spaces")).hasSize(1);
        assertThat(move.fence()).as("records, entries and a revocation").isEqualTo(21 + 2 + 1);
        move.leave();
        Duration unused = move.arrive();
        assertThat(content(2, space.id())).isEqualTo(before);
        assertThat(move.clear()).isTrue();
        assertThat(content(2, space.id())).isEqualTo(before);
      }
      assertThat(place(space.id())).isEqualTo(2);
      Map<String, List<String>> left = content(1, space.id());
      assertThat(left.remove("spaces")).hasSize(1);
      assertThat(left.values()).allMatch(List::isEmpty);
      assertThat(push(client, member, put(newId(), 0, blob(10)))).isEqualTo(26);
    }
  }

  @Test
  void nothingIsLostWhileASpaceMovesThereAndBack() throws Exception {
    SharedSpace space = spaceIn(1);
    Member member = space.invite("write");
    Map<String, Long> stored = new ConcurrentHashMap<>();
    try (WireClient client = member.connect()) {
      for (int i = 0; i < 300; i++) {
        String id = newId();
        stored.put(id, push(client, member, put(id, 0, blob(500))));
      }
    }
    AtomicBoolean moving = new AtomicBoolean(true);
    List<CompletableFuture<Void>> work = new ArrayList<>();
    try (WireClient listening = connect(2, member)) {
      Replica replica = new Replica(member).attach(listening);
      for (int i = 0; i < 4; i++) {
        int at = 1 + i % 2;
        work.add(CompletableFuture.runAsync(() -> write(at, member, moving, stored)));
      }
      for (int at : List.of(1, 2)) {
        work.add(CompletableFuture.runAsync(() -> read(at, member, moving, stored)));
      }
      for (int to : List.of(2, 1, 2, 1, 2)) {
        assertThat(move(space.id(), to).cleared()).isTrue();
        assertThat(place(space.id())).isEqualTo(to);
        int before = stored.size();
        await().until(() -> stored.size() > before + 20);
      }
      moving.set(false);
      for (CompletableFuture<Void> each : work) {
        each.get(60, TimeUnit.SECONDS);
      }
      // What the other node has stored is announced by the next push on this one.
      try (WireClient client = connect(2, member)) {
        String id = newId();
        stored.put(id, push(client, member, put(id, 0, blob(10))));
        replica.follow(stored.get(id));
        assertThat(replica.records()).isEqualTo(new TreeMap<>(stored));
        assertThat(pulled(client, member)).isEqualTo(new TreeMap<>(stored));
      }
    }
    assertThat(stored.values()).as("each push has a cursor of its own").doesNotHaveDuplicates();
    assertThat(content(1, space.id()).get("records")).isEmpty();
  }

  private void write(int at, Member member, AtomicBoolean moving, Map<String, Long> stored) {
    try (WireClient client = connect(at, member)) {
      for (int i = 0; moving.get(); i++) {
        String id = newId();
        long cursor = push(client, member, put(id, 0, blob(500)));
        if (i % 3 == 0) {
          cursor = push(client, member, put(id, cursor, blob(600)));
        }
        stored.put(id, cursor);
      }
    }
  }

  /** Each pull has all that was acknowledged before. */
  private void read(int at, Member member, AtomicBoolean moving, Map<String, Long> stored) {
    while (moving.get()) {
      Map<String, Long> before = Map.copyOf(stored);
      assertThat(pulled(at, member)).containsAllEntriesOf(before);
    }
  }

  static void run(SpaceMove move, Stop until) throws SQLException {
    assertThat(move.begin()).isTrue();
    if (until.compareTo(Stop.COPY) >= 0) {
      move.copy();
    }
    if (until.compareTo(Stop.FENCE) >= 0) {
      assertThat(move.fence()).isPositive();
    }
    if (until.compareTo(Stop.LEAVE) >= 0) {
      move.leave();
    }
    if (until.compareTo(Stop.ARRIVE) >= 0) {
      Duration unused = move.arrive();
    }
  }

  /** When the command dies, its connections end, and PostgreSQL rolls back what is open. */
  @ParameterizedTest
  @EnumSource
  void aCommandThatDiesLeavesTheSpaceWholeInOnePlace(Stop stop) throws SQLException {
    SharedSpace space = spaceIn(1);
    Member member = space.invite("write");
    Map<String, Long> stored = new HashMap<>();
    try (WireClient one = connect(1, member);
        WireClient two = connect(2, member)) {
      stored.put(space.id(), push(one, member, put(space.id(), 0, blob(500))));
      assertThat(pulled(two, member)).isEqualTo(stored);
      try (SpaceMove move = new SpaceMove(databases(), id(space.id()), 2, MoveLimits.USUAL)) {
        run(move, stop);
      }
      for (WireClient client : List.of(one, two)) {
        String id = newId();
        stored.put(id, push(client, member, put(id, 0, blob(500))));
      }
      assertThat(pulled(2, member)).isEqualTo(stored);
      assertThat(place(space.id())).isEqualTo(stop.compareTo(Stop.LEAVE) >= 0 ? 2 : 1);

      assertThat(move(space.id(), 2).cleared()).isTrue();
      assertThat(place(space.id())).isEqualTo(2);
      assertThat(content(1, space.id()).get("records")).isEmpty();
      for (WireClient client : List.of(two, one)) {
        String id = newId();
        stored.put(id, push(client, member, put(id, 0, blob(500))));
      }
      assertThat(pulled(1, member)).isEqualTo(stored);
    }
  }

  @Test
  void aPersonalSpaceAndItsFilesMove() {
    TestUser user = sharded().server().newUser();
    String space = user.personalSpace();
    FileClient files =
        FileClient.of(
            sharded().server(),
            sharded().server().issuer().token().of(user).claim("scope", "sync files").sign(),
            space);
    String record = newId();
    String file = newId();
    String ofSpace = " where space_id = '" + space + "'";
    try (WireClient client = sharded().server().connect(user)) {
      client.request("push", Requests.push(space, put(record, 0, blob(10)))).ok();
      assertThat(files.put(file, record, blob(1000))).isEqualTo(201);
      int to = otherThan(place(space));
      assertThat(move(space, to).cleared()).isTrue();
      assertThat(files.get(file).body()).hasSize(1000);
      assertThat(files.put(newId(), record, blob(1000))).isEqualTo(201);
      assertThat(query(to, "select id from files" + ofSpace)).hasSize(2);
      client.request("push", Requests.push(space, delete(record, 1))).ok();
      await().until(() -> query(to, "select 1 from file_removals" + ofSpace).isEmpty());
      assertThat(files.get(file).statusCode()).isEqualTo(404);
    }
  }
}
