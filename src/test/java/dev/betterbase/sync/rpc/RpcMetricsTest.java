package dev.betterbase.sync.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.protocol.Close;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.search.RequiredSearch;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the meters of connections count. */
class RpcMetricsTest extends ConnectionFixture {

  private RequiredSearch find(String name) {
    return node.meters().get("betterbase." + name);
  }

  private double errors(String method, String code) {
    return find("rpc.errors").tags("method", method, "code", code).counter().count();
  }

  private long requests(String method) {
    return find("rpc.requests").tag("method", method).timer().count();
  }

  @Test
  void requestsAndErrorsByMethod() {
    RpcConnection connection = node.connect(transport, "alice");
    connection.binary(request("1", "ask", "hello"));
    connection.binary(request("2", "ask", "forbidden"));
    connection.binary(Frames.request("3", "count", Map.of("batches", 1)));
    assertThat(requests("ask")).isEqualTo(2);
    assertThat(requests("count")).isEqualTo(1);
    assertThat(errors("ask", "forbidden")).isEqualTo(1);
    assertThat(find("rpc.errors").counters()).hasSize(1);
  }

  @Test
  void aNameThatTheCallerMadeUpIsNoLabel() {
    RpcConnection connection = node.connect(transport, "alice");
    connection.binary(request("1", "a.secret", ""));
    assertThat(errors("unknown", "method_not_found")).isEqualTo(1);
    assertThat(node.meters().getMeters())
        .extracting(Meter::getId)
        .noneMatch(id -> id.getTags().toString().contains("a.secret"));
  }

  @Test
  void aStreamIsOneRequestThatEndsWithItsLastFrame() {
    RpcConnection connection = node.connect(transport, "alice");
    connection.binary(countRequest("1", 3));
    assertThat(requests("count")).isZero();
    node.runStreams();
    assertThat(requests("count")).isEqualTo(1);
  }

  @Test
  void messagesAndBytesInBothDirections() {
    RpcConnection connection = node.connect(transport, "alice");
    double before = find("received").functionCounter().count();
    byte[] request = request("1", "ask", "hello");
    connection.binary(request);
    assertThat(find("messages.received").functionCounter().count()).isEqualTo(2);
    assertThat(find("received").functionCounter().count()).isEqualTo(before + request.length);
    assertThat(find("messages.sent").functionCounter().count()).isEqualTo(1);
    assertThat(find("sent").functionCounter().count())
        .isEqualTo(transport.sent().getFirst().length);
  }

  @Test
  void closedConnectionsByCodeAndTheMostThatWaited() {
    RpcConnection connection = node.connect(transport, "alice");
    connection.opened();
    connection.binary(request("1", "ask", "hello"));
    connection.closeInOrder(Close.SHUTTING_DOWN);
    connection.closed();
    assertThat(find("connections.closed").tag("code", "1001").counter().count()).isEqualTo(1);
    assertThat(find("send.queue.high.water").summary().max())
        .isEqualTo(transport.sent().getFirst().length);
  }

  @Test
  void aConnectionThatTheOtherSideEndsHasNoCode() {
    RpcConnection connection = node.connect(transport, "alice");
    connection.closed();
    connection.closed();
    assertThat(find("connections.closed").tag("code", "none").counter().count()).isEqualTo(1);
  }
}
