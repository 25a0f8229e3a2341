package dev.betterbase.sync.storage;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.map;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;

import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.TestPostgres;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** A server whose spaces are spread over two databases, and what tests do with them. */
public record ShardedServer(
    TestServer server, TestPostgres.Database first, TestPostgres.Database second)
    implements AutoCloseable {
  /** Starts a server on two databases. */
  public static ShardedServer start(
      TestPostgres.Database first,
      TestPostgres.Database second,
      UnaryOperator<ServerProcess.Builder> options) {
    return new ShardedServer(
        TestServer.start(builder -> options.apply(on(first, second, builder))), first, second);
  }

  private static ServerProcess.Builder on(
      TestPostgres.Database first, TestPostgres.Database second, ServerProcess.Builder builder) {
    return builder.with("DATABASE_URL", first.url()).with("DATABASE_SHARDS", second.url());
  }

  /** Starts another server on the same databases, which trusts the same issuer. */
  public ServerProcess node(UnaryOperator<ServerProcess.Builder> options) {
    return options
        .apply(
            on(first, second, ServerProcess.builder())
                .with("TRUSTED_ISSUERS", server.issuer().url())
                .with("METRICS_TOKEN", TestServer.METRICS_TOKEN))
        .start();
  }

  static long count(TestPostgres.Database database, String from) {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("select count(*) from " + from)) {
      row.next();
      return row.getLong(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  static boolean isIn(TestPostgres.Database database, String space) {
    return count(database, "spaces where id = '" + space + "'") == 1;
  }

  /** A shared space in this database. */
  public SharedSpace sharedIn(TestPostgres.Database database) {
    return Stream.generate(() -> SharedSpace.create(server))
        .limit(100)
        .filter(space -> isIn(database, space.id()))
        .findFirst()
        .orElseThrow();
  }

  /** A user whose personal space was made in this database. */
  public TestUser userIn(TestPostgres.Database database) {
    return Stream.generate(this::userWithRecord)
        .limit(100)
        .filter(user -> isIn(database, user.personalSpace()))
        .findFirst()
        .orElseThrow();
  }

  private TestUser userWithRecord() {
    TestUser user = server.newUser();
    try (WireClient client = server.connect(user)) {
      client.request("push", push(user.personalSpace(), put(newId(), 0, blob(10)))).ok();
    }
    return user;
  }

  /** What a member of two spaces asks for both with. */
  static Map<String, Object> both(Member one, Member two) {
    return map("spaces", List.of(wanted(one), wanted(two)));
  }

  private static Map<String, Object> wanted(Member member) {
    return map("id", member.space(), "since", 0, "ucan", member.ucan());
  }

  /** The same person and key as another member, in another space. */
  Member join(SharedSpace space, Member who) {
    String ucan =
        space
            .admin()
            .key()
            .ucan()
            .to(who.key())
            .on(space.id())
            .allows("write")
            .under(space.admin().ucan())
            .sign();
    return new Member(server, who.user(), who.key(), space.id(), ucan);
  }

  static void pushTo(WireClient client, Member member) {
    var params = push(member.space(), put(newId(), 0, blob(10)));
    params.put("ucan", member.ucan());
    client.request("push", params).ok();
  }

  /** The names of the chunks of a reply, in order. */
  static List<String> names(WireClient.Reply reply) {
    List<String> names = new ArrayList<>();
    reply.chunks().forEach(chunk -> names.add(chunk.get("name").textValue()));
    return names;
  }

  @Override
  public void close() {
    server.close();
  }
}
