package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.federation.wire.HomeNotice;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.Connection;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A space of another server: its members here, and the token that renews its subscription. */
public final class HomeSpace {
  private final SpaceId id;
  private final HomeLink link;

  /** The UCAN that each connection has shown. */
  private final Map<Connection, String> members = new ConcurrentHashMap<>();

  private volatile @Nullable String token;
  private volatile @Nullable Appended lastAppended;

  /** Guards the fields below. */
  private final Object lock = new Object();

  private boolean held;
  private boolean asking;
  private boolean askAgain;
  private long heldBack = -1;

  private record Appended(Connection author, byte[] entryHash) {}

  HomeSpace(SpaceId id, HomeLink link) {
    this.id = id;
    this.link = link;
  }

  public SpaceId id() {
    return id;
  }

  HomeLink link() {
    return link;
  }

  void enter(Connection member, String ucan) {
    members.put(member, ucan);
  }

  void leave(Connection member) {
    members.remove(member);
  }

  boolean isEmpty() {
    return members.isEmpty();
  }

  List<Connection> members() {
    return List.copyOf(members.keySet());
  }

  @Nullable String ucanOf(Connection member) {
    return members.get(member);
  }

  /** Takes the token that the home gave last. A home of the earlier release may give none. */
  void renew(String newest) {
    if (!newest.isEmpty()) {
      token = newest;
    }
  }

  public @Nullable String token() {
    return token;
  }

  /** The UCAN of any member, for a home that has given no token. */
  public @Nullable String anyUcan() {
    return members.values().stream().findAny().orElse(null);
  }

  void appended(Connection author, byte[] entryHash) {
    lastAppended = new Appended(author, entryHash);
  }

  /** The member here who appended the entry that a notice tells of; null if none did. */
  @Nullable Connection authorOf(HomeNotice.UnderCursor notice) {
    Appended last = lastAppended;
    return last != null
            && notice instanceof HomeNotice.Listed listed
            && listed.method().equals("membership")
            && contains(listed.list().cbor(), last.entryHash())
        ? last.author()
        : null;
  }

  private static boolean contains(byte[] bytes, byte[] part) {
    for (int at = 0; at + part.length <= bytes.length; at++) {
      if (Arrays.mismatch(bytes, at, at + part.length, part, 0, part.length) < 0) {
        return true;
      }
    }
    return false;
  }

  /** Delivers nothing from now on. */
  void hold() {
    synchronized (lock) {
      held = true;
      askAgain = asking;
    }
  }

  boolean isHeld() {
    synchronized (lock) {
      return held;
    }
  }

  /** Whether a change is held back; its cursor is then noted. */
  boolean holdsBack(long cursor) {
    synchronized (lock) {
      if (held) {
        heldBack = Math.max(heldBack, cursor);
      }
      return held;
    }
  }

  /** The home's cursor, up to which members may have missed something. */
  void missed(long cursor) {
    synchronized (lock) {
      heldBack = Math.max(heldBack, cursor);
    }
  }

  /** Whether the caller is to ask the home. If not, another thread is asking. */
  boolean beginAsking() {
    synchronized (lock) {
      if (asking) {
        askAgain = true;
        return false;
      }
      asking = true;
      askAgain = false;
      return true;
    }
  }

  /**
   * Ends a round of asking.
   *
   * @param answered whether the home has answered for every member
   * @return whether it must be asked again, because of a revocation meanwhile
   */
  boolean endAsking(boolean answered) {
    synchronized (lock) {
      asking = false;
      return answered && askAgain;
    }
  }

  /** Delivers again. Returns the cursor up to which changes were held back, if any were. */
  OptionalLong release() {
    synchronized (lock) {
      held = false;
      long cursor = heldBack;
      heldBack = -1;
      return cursor < 0 ? OptionalLong.empty() : OptionalLong.of(cursor);
    }
  }
}
