package dev.betterbase.sync.cluster;

import dev.betterbase.sync.cluster.BusMessage.Kind;
import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.CborWriter;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.FrameReader;
import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.protocol.ProtocolViolation;
import dev.betterbase.sync.protocol.ServerFrame;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.protocol.UuidText;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The messages of the bus as bytes. Each is a notification frame of the protocol, with the name of
 * its kind as the method; a batch is a sequence of frames, each after its length (4 bytes). A
 * reader skips entries that it does not know.
 */
final class BusFormat {
  /** The most bytes of an encoded message besides its frame or data. */
  private static final int ENVELOPE_BYTES = 512;

  private static final int LONGEST = BusMessage.LONGEST_FRAME + ENVELOPE_BYTES;
  private static final int PRESENCE_DATA_AT_MOST = 1_024;
  private static final int EVENT_DATA_AT_MOST = 4_096;
  private static final int SHORT_TEXT = 256;
  private static final int COUNT_BYTES = Long.BYTES + Short.BYTES;
  private static final int MOST_COUNTED = 0xffff;
  private static final int USE_BYTES = 2 * Integer.BYTES + 4 * Long.BYTES;
  private static final long HOUR_MILLIS = TimeUnit.HOURS.toMillis(1);
  private static final int NODES_AT_MOST = 1_000;
  private static final String HEARD = "heard";

  /**
   * The content of a frame: a message for the node, or the last packets that the other node has
   * heard.
   */
  sealed interface Content {
    record Told(BusMessage message) implements Content {}

    /** The number of the last packet that a node has heard of each other node. */
    record Heard(Map<UUID, Long> packets) implements Content {}
  }

  /** A batch or a message that is not in this format. */
  static final class Malformed extends Exception {
    private static final long serialVersionUID = 1;

    Malformed(@Nullable Throwable cause) {
      super(cause);
    }
  }

  private BusFormat() {}

  static byte[] encode(BusMessage message) {
    String kind = message.kind().name().toLowerCase(Locale.ROOT);
    return switch (message) {
      case BusMessage.Told(SpaceId space, long cursor, boolean unused, byte[] frame) ->
          frame(kind, space, 3, w -> w.field("cursor", cursor).field("frame", frame));
      case BusMessage.Moved(SpaceId space, long cursor) ->
          frame(kind, space, 2, w -> w.field("cursor", cursor));
      case BusMessage.Revoked(SpaceId space, String cid) ->
          frame(kind, space, 2, w -> w.field("cid", cid));
      case BusMessage.Present(UUID unused, SpaceId space, String peer, byte[] data) ->
          frame(kind, space, 3, w -> w.field("peer", peer).field("data", data));
      case BusMessage.Absent(SpaceId space, String peer) ->
          frame(kind, space, 2, w -> w.field("peer", peer));
      case BusMessage.Event(SpaceId space, String peer, byte[] data) ->
          frame(kind, space, 3, w -> w.field("peer", peer).field("data", data));
      case BusMessage.Invitation(String mailboxId) ->
          FrameWriter.notification(kind, w -> w.beginMap(1).field("mailbox", mailboxId).endMap());
      case BusMessage.Connections(UUID unused, Map<Long, Integer> counts) ->
          FrameWriter.notification(
              kind, w -> w.beginMap(1).field("counts", bytes(counts)).endMap());
      case BusMessage.PeerUse use ->
          FrameWriter.notification(
              kind, w -> w.beginMap(2).field("peer", use.peer()).field("use", bytes(use)).endMap());
    };
  }

  /** Connections and spaces (4 bytes each), and the others in their order (8 bytes each). */
  private static byte[] bytes(BusMessage.PeerUse use) {
    return ByteBuffer.allocate(USE_BYTES)
        .putInt(use.connections())
        .putInt(use.spaces())
        .putLong(use.records())
        .putLong(use.bytes())
        .putLong(use.invitations())
        .putLong(use.hourLeftMillis())
        .array();
  }

  private static BusMessage.PeerUse use(UUID node, String peer, byte[] bytes) {
    // A later release may append something.
    require(bytes.length >= USE_BYTES && bytes.length <= ENVELOPE_BYTES);
    ByteBuffer rest = ByteBuffer.wrap(bytes);
    var use =
        new BusMessage.PeerUse(
            node,
            peer,
            rest.getInt(),
            rest.getInt(),
            rest.getLong(),
            rest.getLong(),
            rest.getLong(),
            rest.getLong());
    require(use.connections() >= 0 && use.spaces() >= 0);
    require(use.records() >= 0 && use.bytes() >= 0 && use.invitations() >= 0);
    require(use.hourLeftMillis() >= 0 && use.hourLeftMillis() <= HOUR_MILLIS);
    return use;
  }

  /** Each owner's hash (8 bytes) and its count (2 bytes). */
  private static byte[] bytes(Map<Long, Integer> counts) {
    ByteBuffer bytes = ByteBuffer.allocate(counts.size() * COUNT_BYTES);
    counts.forEach(
        (owner, count) -> bytes.putLong(owner).putShort((short) Math.min(count, MOST_COUNTED)));
    return bytes.array();
  }

  private static Map<Long, Integer> counts(byte[] bytes) {
    require(
        bytes.length % COUNT_BYTES == 0 && bytes.length <= BusMessage.MOST_OWNERS * COUNT_BYTES);
    var counts = new HashMap<Long, Integer>();
    for (ByteBuffer rest = ByteBuffer.wrap(bytes); rest.hasRemaining(); ) {
      counts.put(rest.getLong(), Short.toUnsignedInt(rest.getShort()));
    }
    return counts;
  }

  private interface Fields {
    void write(CborWriter writer);
  }

  private static byte[] frame(String kind, SpaceId space, int fields, Fields rest) {
    return FrameWriter.notification(
        kind,
        writer -> {
          writer.beginMap(fields).field("space", space.toString());
          rest.write(writer);
          writer.endMap();
        });
  }

  static byte[] heard(Map<UUID, Long> packets) {
    return FrameWriter.notification(
        HEARD,
        writer -> {
          writer.beginMap(packets.size());
          packets.forEach((node, packet) -> writer.field(node.toString(), packet));
          writer.endMap();
        });
  }

  /** Reads a message. Empty if it is of a kind that a later release has added. */
  static Optional<Content> decode(UUID node, byte[] encoded) throws Malformed {
    try {
      if (!(FrameReader.readFromServer(encoded)
          instanceof ServerFrame.Notification(String method, var params))) {
        throw new Malformed(null);
      }
      if (method.equals(HEARD)) {
        return Optional.of(new Content.Heard(packets(params.reader())));
      }
      Kind kind = kind(method);
      return kind == null
          ? Optional.empty()
          : Optional.of(new Content.Told(Read.of(params.reader()).message(kind, node)));
    } catch (ProtocolViolation | Failure.InvalidParams e) {
      throw new Malformed(e);
    }
  }

  private static @Nullable Kind kind(String method) {
    for (Kind kind : Kind.values()) {
      if (kind.name().toLowerCase(Locale.ROOT).equals(method)) {
        return kind;
      }
    }
    return null;
  }

  private static Map<UUID, Long> packets(CborReader reader) {
    var packets = new HashMap<UUID, Long>();
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      UUID node = UuidText.parse(key).orElseThrow(Failure.InvalidParams::new);
      packets.put(node, reader.int64());
      require(packets.size() <= NODES_AT_MOST);
    }
    return packets;
  }

  /** The entries of a message, before it is known which of them it needs. */
  private record Read(
      @Nullable String space,
      @Nullable Long cursor,
      byte @Nullable [] frame,
      @Nullable String cid,
      @Nullable String peer,
      byte @Nullable [] data,
      @Nullable String mailbox,
      byte @Nullable [] counts,
      byte @Nullable [] use) {

    static Read of(CborReader reader) {
      String space = null;
      Long cursor = null;
      byte[] frame = null;
      String cid = null;
      String peer = null;
      byte[] data = null;
      String mailbox = null;
      byte[] counts = null;
      byte[] use = null;
      reader.beginMap();
      for (String key; (key = reader.nextKey()) != null; ) {
        switch (key) {
          case "space" -> space = reader.text();
          case "cursor" -> cursor = reader.int64();
          case "frame" -> frame = reader.bytes();
          case "cid" -> cid = reader.text();
          case "peer" -> peer = reader.text();
          case "data" -> data = reader.bytes();
          case "mailbox" -> mailbox = reader.text();
          case "counts" -> counts = reader.bytes();
          case "use" -> use = reader.bytes();
          default -> reader.skip();
        }
      }
      return new Read(space, cursor, frame, cid, peer, data, mailbox, counts, use);
    }

    BusMessage message(Kind kind, UUID node) {
      return switch (kind) {
        case SYNC, LISTED -> {
          byte[] told = required(frame);
          require(told.length <= BusMessage.LONGEST_FRAME);
          yield new BusMessage.Told(spaceId(), required(cursor), kind == Kind.SYNC, told);
        }
        case MOVED -> new BusMessage.Moved(spaceId(), required(cursor));
        case REVOKED -> new BusMessage.Revoked(spaceId(), shortText(cid));
        case PRESENCE ->
            new BusMessage.Present(node, spaceId(), shortText(peer), data(PRESENCE_DATA_AT_MOST));
        case LEAVE -> new BusMessage.Absent(spaceId(), shortText(peer));
        case EVENT -> new BusMessage.Event(spaceId(), shortText(peer), data(EVENT_DATA_AT_MOST));
        case INVITATION -> new BusMessage.Invitation(shortText(mailbox));
        case CONNECTIONS -> new BusMessage.Connections(node, BusFormat.counts(required(counts)));
        case PEER_USE -> BusFormat.use(node, shortText(peer), required(use));
      };
    }

    private SpaceId spaceId() {
      return SpaceId.parse(required(space)).orElseThrow(Failure.InvalidParams::new);
    }

    private byte[] data(int atMost) {
      byte[] shown = required(data);
      require(shown.length <= atMost);
      return shown;
    }

    private static String shortText(@Nullable String text) {
      String given = required(text);
      require(given.length() <= SHORT_TEXT);
      return given;
    }
  }

  private static void require(boolean sound) {
    if (!sound) {
      throw new Failure.InvalidParams();
    }
  }

  private static <T> T required(@Nullable T value) {
    if (value == null) {
      throw new Failure.InvalidParams();
    }
    return value;
  }

  static byte[] batch(List<byte[]> messages) {
    int length = messages.stream().mapToInt(each -> Integer.BYTES + each.length).sum();
    ByteBuffer batch = ByteBuffer.allocate(length);
    messages.forEach(each -> batch.putInt(each.length).put(each));
    return batch.array();
  }

  static List<byte[]> messages(byte[] batch) throws Malformed {
    var messages = new ArrayList<byte[]>();
    ByteBuffer rest = ByteBuffer.wrap(batch);
    while (rest.hasRemaining()) {
      int length = rest.remaining() < Integer.BYTES ? -1 : rest.getInt();
      if (length < 1 || length > LONGEST || length > rest.remaining()) {
        throw new Malformed(null);
      }
      byte[] message = new byte[length];
      rest.get(message);
      messages.add(message);
    }
    return messages;
  }
}
