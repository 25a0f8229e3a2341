package dev.betterbase.sync.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.identity.Permission;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.outbound.SendBudget;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Streams beside other requests (protocol.md, Connecting). */
class ConnectionStreamsTest extends ConnectionFixture {

  @Test
  void aShortStreamIsAnsweredInOrder() {
    RpcConnection connection = node.connect(transport, "alice");
    connection.binary(countRequest("1", 1));
    connection.binary(request("2", "ask", "x"));
    assertSent(
        chunk("1"),
        chunk("1"),
        chunk("1"),
        counted("1", 3),
        FrameWriter.result("2", textBody("x")));
  }

  @Test
  void aLongStreamGoesOnBesideOtherRequests() {
    RpcConnection connection = node.connect(transport, "alice");
    connection.binary(countRequest("1", 2));
    connection.binary(request("2", "ask", "x"));
    assertSent(chunk("1"), chunk("1"), chunk("1"), FrameWriter.result("2", textBody("x")));
    node.runStreams();
    assertThat(transport.sent()).hasSize(8);
    assertThat(transport.sent().getLast()).isEqualTo(counted("1", 6));
  }

  @Test
  void twoStreamsRunEightWaitAndOneMoreIsRefused() {
    RpcConnection connection = node.connect(transport, "alice");
    for (int i = 1; i <= 10; i++) {
      connection.binary(countRequest("s" + i, 2));
    }
    assertSent(chunk("s1"), chunk("s1"), chunk("s1"), chunk("s2"), chunk("s2"), chunk("s2"));
    connection.binary(countRequest("s11", 2));
    assertThat(transport.sent().getLast())
        .isEqualTo(error("s11", new Failure.RateLimited("too many streams")));
    node.runStreams();
    assertThat(transport.sent()).hasSize(1 + 10 * 7);
    connection.binary(countRequest("s12", 1));
    assertThat(transport.sent().getLast()).isEqualTo(counted("s12", 3));
  }

  @Test
  void aStreamHoldsNoThreadAndOneBatchWhileTheClientDoesNotRead() {
    RpcConnection connection = node.connect(transport, "alice");
    transport.stopReading();
    count.chunkBytes = 1 << 20;
    connection.binary(countRequest("1", 20));
    node.runStreams();
    int handedOver = transport.sent().size();
    assertThat(connection.outbound().waitingBytes()).isLessThanOrEqualTo(4 << 20);
    assertThat(node.hasStreamSteps()).as("no thread is wanted").isFalse();
    assertThat(handedOver).isEqualTo(1);
    transport.read();
    node.runStreams();
    assertThat(transport.sent()).hasSize(61);
    assertThat(transport.sent().getLast()).isEqualTo(counted("1", 60));
  }

  @Test
  void theNodeCountsWhatStreamsHoldUntilItIsSentOrDropped() {
    SendBudget budget = node.sendBudget();
    count.chunkBytes = 1 << 20;
    count.capability = Optional.of(capability());
    var reader = new FakeTransport();
    for (int way = 0; way < 3; way++) {
      RpcConnection connection = node.connect(reader, "alice");
      reader.stopReading();
      connection.binary(countRequest("1", 20));
      node.runStreams();
      // The transport has one of three chunks, two wait, and so does the next batch.
      assertThat(budget.held()).isBetween(6L << 20, 7L << 20);
      switch (way) {
        case 0 -> reader.read();
        case 1 -> {
          connection.closed();
          reader.read();
        }
        default -> {
          connection.endStreamsIf(capability -> true);
          reader.read();
        }
      }
      node.runStreams();
      assertThat(budget.held()).as("way %s", way).isZero();
      reader = new FakeTransport();
    }
  }

  @Test
  void batchesAreSmallWhileMuchWaitsOnTheNode() {
    RpcConnection connection = node.connect(transport, "alice");
    connection.binary(countRequest("1", 2));
    node.sendBudget().add(TestNode.SEND_BUDGET);
    node.runStreams();
    assertThat(count.asked).containsExactly(StreamTask.BATCH_BYTES, SendBudget.LEAST_BYTES);
    assertThat(transport.sent().getLast()).isEqualTo(counted("1", 6));
  }

  /** A connection that holds all that a person may hold of a stream. */
  private RpcConnection aliceReadsNothing() {
    count.chunkBytes = 1 << 20;
    node.limitStreams(4 << 20);
    RpcConnection unread = node.connect(transport, "alice");
    transport.stopReading();
    unread.binary(countRequest("1", 20));
    node.runStreams();
    return unread;
  }

  @Test
  void aPersonWhoReadsNothingGetsNoFurtherBatchOnAnyConnection() {
    aliceReadsNothing();
    int batches = count.asked.size();

    var elsewhere = new FakeTransport();
    RpcConnection second = node.connect(elsewhere, "alice");
    second.binary(countRequest("2", 2));
    second.binary(request("3", "ask", "x"));
    assertThat(count.asked).as("alice waits").hasSize(batches);
    assertThat(elsewhere.sent()).as("but for her streams only").hasSize(1);
    var other = new FakeTransport();
    node.connect(other, "bob").binary(countRequest("4", 1));
    assertThat(other.sent().getLast()).as("bob does not").isEqualTo(counted("4", 3));

    transport.read();
    node.runStreams();
    assertThat(transport.sent().getLast()).isEqualTo(counted("1", 60));
    assertThat(elsewhere.sent().getLast()).isEqualTo(counted("2", 6));
  }

  @Test
  void theEndOfAConnectionThatDoesNotReadLetsTheOthersGoOn() {
    RpcConnection unread = aliceReadsNothing();
    var elsewhere = new FakeTransport();
    RpcConnection second = node.connect(elsewhere, "alice");
    second.binary(countRequest("2", 2));
    unread.closed();
    // A transport that is gone says that it is done with the chunk that it had.
    transport.read();
    second.tick();
    node.runStreams();
    assertThat(elsewhere.sent().getLast()).isEqualTo(counted("2", 6));
    assertThat(node.sendBudget().held()).isZero();
  }

  @Test
  void nothingIsFetchedForAConnectionThatIsGone() {
    RpcConnection connection = node.connect(transport, "alice");
    connection.binary(countRequest("1", 20));
    assertThat(count.asked).hasSize(1);
    connection.closed();
    node.runStreams();
    assertThat(count.asked).hasSize(1);
  }

  @Test
  void aStreamThatBreaksEndsInAnError() {
    RpcConnection connection = node.connect(transport, "alice");
    count.breakAt = 1;
    connection.binary(countRequest("1", 3));
    node.runStreams();
    assertSent(
        chunk("1"),
        chunk("1"),
        chunk("1"),
        error("1", new Failure.Internal(new IllegalStateException())));
    count.breakAt = Integer.MAX_VALUE;
    connection.binary(countRequest("2", 1));
    assertThat(transport.sent().getLast()).as("its place is free").isEqualTo(counted("2", 3));
  }

  @Test
  void aStreamWhoseReaderMayReadNoLongerEndsInForbidden() {
    RpcConnection connection = node.connect(transport, "alice");
    count.capability = Optional.of(capability());
    transport.stopReading();
    connection.binary(countRequest("1", 100));
    node.runStreams();
    connection.endStreamsIf(capability -> false);
    assertThat(connection.outbound().waitingBytes()).as("another's").isPositive();
    connection.endStreamsIf(capability -> true);
    transport.read();
    node.runStreams();
    // What the transport already had goes out; everything that waited was taken back.
    assertSent(chunk("1"), chunk("1"), chunk("1"), error("1", new Failure.Forbidden()));
    connection.binary(countRequest("2", 1));
    assertThat(transport.sent().getLast()).as("its place is free").isEqualTo(counted("2", 3));
  }

  @Test
  void anAnswerThatIsWholeStays() {
    RpcConnection connection = node.connect(transport, "alice");
    count.capability = Optional.of(capability());
    connection.binary(countRequest("1", 2));
    node.runStreams();
    connection.endStreamsIf(capability -> true);
    assertThat(transport.sent().getLast()).isEqualTo(counted("1", 6));
  }

  private static Capability capability() {
    return new Capability(
        new SpaceId(new UUID(1, 1)), Permission.READ, "did", List.of("cid"), Instant.MAX);
  }

  @Test
  void streamsOfAClosedConnectionEnd() {
    RpcConnection connection = node.connect(transport, "alice");
    connection.binary(countRequest("1", 1_000_000));
    node.runOneStreamStep();
    connection.closed();
    node.runStreams();
    assertThat(node.hasStreamSteps()).isFalse();
  }

  @Test
  void whatAStreamHoldsIsGivenBackHoweverItEnds() {
    RpcConnection connection = node.connect(transport, "alice");
    for (int i = 1; i <= 11; i++) {
      connection.binary(countRequest("s" + i, 2));
    }
    assertThat(count.open).as("running, waiting, and none that was refused").hasValue(10);
    node.runStreams();
    assertThat(count.open).as("all was sent").hasValue(0);

    count.breakAt = 1;
    connection.binary(countRequest("broken", 3));
    node.runStreams();
    assertThat(count.open).as("after an error").hasValue(0);
    count.breakAt = Integer.MAX_VALUE;

    for (int i = 1; i <= 5; i++) {
      connection.binary(countRequest("c" + i, 1_000_000));
    }
    assertThat(count.open).hasValue(5);
    connection.closed();
    assertThat(count.open).as("at the end of the connection").hasValue(0);
    node.runStreams();
  }
}
