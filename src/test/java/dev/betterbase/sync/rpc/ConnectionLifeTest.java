package dev.betterbase.sync.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.protocol.Close;
import dev.betterbase.sync.protocol.CloseCode;
import dev.betterbase.sync.protocol.FrameWriter;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The clocks of a connection, and its refreshed tokens (protocol.md, Connecting). */
class ConnectionLifeTest extends ConnectionFixture {

  @Test
  void sendsKeepaliveAndPingEvery30Seconds() {
    RpcConnection connection = node.connect(transport, "alice");
    for (int second = 1; second <= 70; second++) {
      pass(connection, Duration.ofSeconds(1));
    }
    assertSent(KEEPALIVE, KEEPALIVE);
    assertThat(transport.pings()).isEqualTo(2);
  }

  @Test
  void closes1001After75SecondsOfSilence() {
    RpcConnection connection = node.connect(transport, "alice");
    pass(connection, Duration.ofSeconds(74));
    FakeTransport.pong(connection);
    pass(connection, Duration.ofSeconds(74));
    assertThat(transport.close()).isNull();
    pass(connection, Duration.ofSeconds(1));
    assertClosed(CloseCode.GOING_AWAY, "no sign of life");
    var next = new FakeTransport();
    for (int i = 0; i < 3; i++) {
      node.connect(next, "alice");
    }
    assertThat(next.close()).as("its slot is free").isNull();
  }

  @Test
  void livesAboutAnHour() {
    RpcConnection connection = connectUntil(Duration.ofHours(3));
    passAlive(connection, Duration.ofMinutes(54).minusSeconds(1));
    assertThat(transport.close()).isNull();
    passAlive(connection, Duration.ofMinutes(12).plusSeconds(2));
    assertClosed(CloseCode.GOING_AWAY, "connection timeout");
  }

  @Test
  void waitsForAStreamBeforeItEndsButTenMinutesAtMost() {
    RpcConnection connection = connectUntil(Duration.ofHours(3));
    count.chunkBytes = 1 << 20;
    connection.binary(countRequest("1", 2));
    passAlive(connection, Duration.ofMinutes(66));
    assertThat(transport.close()).isNull();
    passAlive(connection, Duration.ofMinutes(10));
    assertClosed(CloseCode.GOING_AWAY, "connection timeout");
  }

  @Test
  void closes4001WhenTheTokenExpires() {
    RpcConnection connection = connectUntil(Duration.ofSeconds(60));
    passAlive(connection, Duration.ofSeconds(60));
    assertThat(transport.close()).as("exp is now").isNull();
    passAlive(connection, Duration.ofSeconds(1));
    assertClosed(CloseCode.TOKEN_EXPIRED, "token expired");
  }

  @Test
  void goesOnUnderARefreshedToken() {
    RpcConnection connection = connectUntil(Duration.ofSeconds(60));
    node.pass(Duration.ofSeconds(50));
    connection.binary(refresh("1", node.token("alice")));
    assertSent(FrameWriter.result("1", writer -> writer.beginMap(1).field("ok", true).endMap()));
    passAlive(connection, Duration.ofSeconds(60));
    assertThat(transport.close()).isNull();
  }

  @Test
  void refusesARefreshThatDoesNotFit() {
    RpcConnection connection = node.connect(transport, "alice");
    connection.binary(refresh("1", ""));
    connection.binary(refresh("2", "x.y.z"));
    connection.binary(refresh("3", node.token("alice", Duration.ofDays(-1))));
    connection.binary(
        refresh("4", node.token("alice", claims -> claims.issuer("https://evil.example.com"))));
    connection.binary(refresh("5", node.token("alice", claims -> claims.claim("scope", "files"))));
    connection.binary(refresh("6", node.token("bob")));
    connection.binary(
        refresh("7", node.token("alice", claims -> claims.claim("client_id", "another"))));
    assertSent(
        refused("1", "missing auth token"),
        refused("2", "invalid auth token"),
        refused("3", "expired auth token"),
        refused("4", "untrusted auth issuer"),
        refused("5", "sync scope required"),
        refused("6", "token identity mismatch"),
        refused("7", "token identity mismatch"));
  }

  @Test
  void aRefreshMovesTheCountToTheNewMailbox() {
    RpcConnection moving = connectTo(transport, "alice", "a".repeat(64));
    moving.binary(
        refresh("1", node.token("alice", claims -> claims.claim("mailbox_id", "b".repeat(64)))));
    var others = new FakeTransport();
    for (int i = 0; i < 3; i++) {
      connectTo(others, "alice", "a".repeat(64));
    }
    assertThat(others.close()).isNull();
    for (int i = 0; i < 2; i++) {
      connectTo(others, "alice", "b".repeat(64));
    }
    assertThat(others.close()).isNull();
    connectTo(others, "alice", "b".repeat(64));
    assertThat(others.close()).isEqualTo(Close.TOO_MANY_CONNECTIONS);
  }

  @Test
  void aRefreshToAFullMailboxClosesBehindItsReply() {
    RpcConnection moving = node.connect(transport, "alice");
    for (int i = 0; i < 3; i++) {
      connectTo(new FakeTransport(), "alice", "b".repeat(64));
    }
    moving.binary(
        refresh("1", node.token("alice", claims -> claims.claim("mailbox_id", "b".repeat(64)))));
    assertSent(FrameWriter.result("1", writer -> writer.beginMap(1).field("ok", true).endMap()));
    assertClosed(CloseCode.TOO_MANY_CONNECTIONS, "too many connections");
  }
}
