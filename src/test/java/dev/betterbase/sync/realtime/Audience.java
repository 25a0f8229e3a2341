package dev.betterbase.sync.realtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import dev.betterbase.sync.cluster.LocalBus;
import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.FakeTransport;
import dev.betterbase.sync.rpc.RpcConnection;
import dev.betterbase.sync.rpc.TestNode;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.Notification;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Subscribers on sockets that the test controls, and everything that notifies them. */
final class Audience {
  static final SpaceId SPACE = new SpaceId(new UUID(1, 1));
  static final SpaceId OTHER = new SpaceId(new UUID(2, 2));

  private static final ObjectMapper CBOR = new ObjectMapper(new CBORFactory());

  private final TestNode node = new TestNode();

  /** Channels with announcements that wait for a predecessor. */
  final ArrayDeque<SpaceChannel> impatient = new ArrayDeque<>();

  final Subscriptions subscriptions =
      new Subscriptions(
          impatient::add, told -> told.forEach(Connection::flush), Runnable::run, new LocalBus());

  Subscriber join(String name) {
    return new Subscriber(name);
  }

  /** An event with a cursor that each subscriber must get. */
  void announce(long cursor) {
    subscriptions.announce(
        new Announcement(
            SPACE,
            cursor,
            spelling ->
                new Notification.Lasting(
                    SPACE,
                    FrameWriter.notification(
                        "file",
                        params ->
                            params
                                .beginMap(2)
                                .field("space", spelling)
                                .field("cursor", cursor)
                                .endMap()))),
        null);
  }

  /** A connection. */
  final class Subscriber {
    final FakeTransport transport = new FakeTransport();
    final RpcConnection connection;
    private final String name;

    private Subscriber(String name) {
      this.name = name;
      this.connection = node.connect(transport, name, did());
    }

    String did() {
      return "did:key:" + name;
    }

    /** Refreshes the token to one that names this DID. */
    void refresh(String otherDid) {
      node.refresh(connection, name, otherDid);
    }

    Subscription begin(SpaceId space, String spelling, @Nullable Capability capability) {
      return subscriptions.begin(connection, space, spelling, capability).orElseThrow();
    }

    /** Subscribes to {@link #SPACE} at cursor 0, as the owner. */
    Subscriber subscribe() {
      return subscribe(SPACE);
    }

    Subscriber subscribe(SpaceId space) {
      begin(space, "s", null).activate(0);
      return this;
    }

    /** The notifications so far: method and params. */
    List<String> heard() {
      return transport.sent().stream()
          .map(Audience::read)
          .filter(frame -> frame.path("type").asInt() == 2)
          .map(frame -> frame.get("method").textValue() + " " + frame.get("params"))
          .toList();
    }

    /** The notifications of one method so far. */
    List<String> heard(String method) {
      return heard().stream().filter(each -> each.startsWith(method + " ")).toList();
    }
  }

  private static JsonNode read(byte[] frame) {
    try {
      return CBOR.readTree(frame);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
