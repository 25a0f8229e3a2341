package dev.betterbase.sync.space;

import dev.betterbase.sync.protocol.Body;
import dev.betterbase.sync.protocol.CborWriter;
import dev.betterbase.sync.protocol.ErrorCode;
import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.protocol.WireError;
import dev.betterbase.sync.realtime.Presence;
import java.util.List;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The answer of {@code subscribe} (methods.md; to a peer, federation.md), space by space in the
 * caller's order.
 */
public final class SubscribeResult {
  /** The frame's head with an id of 1,024 bytes, and the keys of the result. */
  private static final int HEAD_BYTES = 2_048;

  /** A space without its peers: ids that are granted are short, others are cut at 256 bytes. */
  private static final int SPACE_BYTES = 384;

  /** A peer without its data. */
  private static final int PEER_BYTES = 64;

  private final List<String> spellings;
  private final SortedMap<Integer, SubscribedSpace> granted = new TreeMap<>();
  private final SortedMap<Integer, ErrorCode> refused = new TreeMap<>();
  private long bytes;

  /** The answer about a space that is granted, on this server or another. */
  public record State(long cursor, int keyGeneration, OptionalInt rewrapEpoch) {
    /** That of a space of this server. */
    public static State of(Space space) {
      return new State(space.cursor(), space.keyGeneration(), space.rewrapEpoch());
    }
  }

  private record SubscribedSpace(State state, @Nullable String token, List<Presence> peers) {}

  /**
   * @param spellings the ids of the spaces as the caller wrote them
   */
  public SubscribeResult(List<String> spellings) {
    this.spellings = spellings;
    this.bytes = HEAD_BYTES + (long) SPACE_BYTES * spellings.size();
  }

  /** Grants a space of this server to a client. */
  void grant(int index, Space space) {
    grant(index, State.of(space), null);
  }

  /**
   * Grants a space.
   *
   * @param token by which a peer subscribes again; null for a client
   */
  public void grant(int index, State state, @Nullable String token) {
    granted.put(index, new SubscribedSpace(state, token, List.of()));
  }

  /** Refuses a space. */
  public void refuse(int index, ErrorCode error) {
    refused.put(index, error);
  }

  /** Adds the presences in a space; false if the frame has no room for all of them. */
  boolean addPeers(int index, List<Presence> peers) {
    long more = 0;
    for (Presence peer : peers) {
      more += PEER_BYTES + peer.data().length;
    }
    if (bytes + more > FrameWriter.MAX_FRAME_BYTES) {
      return false;
    }
    bytes += more;
    granted.computeIfPresent(
        index, (key, each) -> new SubscribedSpace(each.state(), each.token(), peers));
    return true;
  }

  /** The result. */
  public Body body() {
    return writer -> {
      writer.beginMap(refused.isEmpty() ? 1 : 2).key("spaces").beginList(granted.size());
      granted.forEach((index, each) -> write(writer, spellings.get(index), each));
      writer.endList();
      if (!refused.isEmpty()) {
        writer.key("errors").beginList(refused.size());
        refused.forEach((index, error) -> write(writer, spellings.get(index), error));
        writer.endList();
      }
      writer.endMap();
    };
  }

  private static void write(CborWriter writer, String spelling, ErrorCode error) {
    writer
        .beginMap(2)
        .field("space", WireError.echo(spelling))
        .field("error", error.text())
        .endMap();
  }

  private static void write(CborWriter writer, String spelling, SubscribedSpace granted) {
    State state = granted.state();
    List<Presence> peers = granted.peers();
    writer
        .beginMap(
            3
                + (state.rewrapEpoch().isPresent() ? 1 : 0)
                + (granted.token() == null ? 0 : 1)
                + (peers.isEmpty() ? 0 : 1))
        .field("id", spelling)
        .field("cursor", state.cursor())
        .field("key_generation", state.keyGeneration());
    state.rewrapEpoch().ifPresent(epoch -> writer.field("rewrap_epoch", epoch));
    if (granted.token() != null) {
      writer.field("token", granted.token());
    }
    if (!peers.isEmpty()) {
      writer.key("peers").beginList(peers.size());
      peers.forEach(
          peer ->
              writer
                  .beginMap(2)
                  .field("peer", peer.pseudonym())
                  .field("data", peer.data())
                  .endMap());
      writer.endList();
    }
    writer.endMap();
  }
}
