package dev.betterbase.sync.rpc.outbound;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.Notification;
import dev.betterbase.sync.rpc.transport.Drain;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The outbound queue of one connection (protocol.md, 4006). {@link WaitingFrames} keeps the frames;
 * this class decides which senders wait, and which thread writes.
 *
 * <p>A reply that finds no room is refused, and its sender waits: that is the back-pressure. Nobody
 * waits for a notification: if it finds no room even after others gave way, the peer is too slow.
 *
 * <p>One thread at a time hands frames to the transport ({@link Drain}): one that brought a frame,
 * or the one that learned that the last batch is out.
 */
public final class OutboundQueue {

  /** Sends frames, and says when it is ready for more. */
  public interface Writer {
    /**
     * Sends a batch. There is no other call before {@code done} was run.
     *
     * @param done run once, from within this call or later, on any thread
     */
    void write(List<byte[]> frames, Runnable done);
  }

  private record RoomWaiter(int length, Runnable task) {}

  private final Writer writer;
  private final Runnable overflow;
  private final Drain drain = new Drain(this::step);

  /** Guards the fields below; nothing is called with it held. */
  private final Object lock = new Object();

  private final WaitingFrames waiting;
  private final ArrayDeque<RoomWaiter> roomWaiters = new ArrayDeque<>();
  private boolean writing;
  private boolean shut;
  private @Nullable Runnable whenEmpty;

  /**
   * @param writer takes the frames
   * @param budget the memory that the replies and chunks of all connections share
   * @param overflow run when a notification finds no room: the peer is too slow
   */
  public OutboundQueue(Writer writer, SendBudget budget, Runnable overflow) {
    this.writer = writer;
    this.overflow = overflow;
    this.waiting = new WaitingFrames(budget);
  }

  /**
   * Adds replies or chunks, as many as there is room for.
   *
   * @param frames encoded frames
   * @param from the first to be added
   * @return the index of the first that found no room, or the size of the list
   */
  public int offerReplies(List<byte[]> frames, int from) {
    return offerReplies(frames, from, null);
  }

  /**
   * Adds replies or chunks that {@link #withdrawReplies} can take back.
   *
   * @param frames encoded frames
   * @param from the first to be added
   * @param owner the stream that they belong to
   * @return the index of the first that found no room, or the size of the list
   */
  public int offerReplies(List<byte[]> frames, int from, @Nullable Object owner) {
    int next = from;
    synchronized (lock) {
      if (shut) {
        return frames.size();
      }
      while (next < frames.size() && waiting.addReply(frames.get(next), owner)) {
        next++;
      }
    }
    flush();
    return next;
  }

  /**
   * Runs a task once, as soon as a reply would fit again or none is taken any more.
   *
   * @param length the length of the frame that found no room
   * @param task short, since it is run on the thread that made the room
   */
  public void whenRoomForReply(int length, Runnable task) {
    synchronized (lock) {
      if (!shut && !waiting.hasEased(length)) {
        roomWaiters.add(new RoomWaiter(length, task));
        return;
      }
    }
    task.run();
  }

  /** Adds a notification and has it written, or reports that the peer is too slow. */
  public void offer(Notification notification) {
    put(notification);
    flush();
  }

  /** Adds a notification as {@link #offer} does, but leaves it to {@link #flush} to write it. */
  public void put(Notification notification) {
    boolean taken;
    synchronized (lock) {
      if (shut) {
        return;
      }
      taken = waiting.add(notification);
    }
    if (!taken) {
      overflow.run();
    }
  }

  /** Takes back the waiting notifications of a space, which their reader may no longer see. */
  public void withdraw(SpaceId space) {
    List<Runnable> released;
    synchronized (lock) {
      waiting.withdraw(space);
      released = takeWaiters();
    }
    released.forEach(Runnable::run);
  }

  /** Takes back the waiting chunks of a stream. */
  public void withdrawReplies(Object owner) {
    List<Runnable> released;
    synchronized (lock) {
      waiting.withdrawReplies(owner);
      released = takeWaiters();
    }
    released.forEach(Runnable::run);
  }

  /**
   * Takes nothing more, lets the waiting frames go out, and then runs a task.
   *
   * @param task run once, immediately if nothing waits; never after {@link #discard}
   */
  public void finish(Runnable task) {
    List<Runnable> released;
    synchronized (lock) {
      if (shut) {
        return;
      }
      shut = true;
      whenEmpty = task;
      released = takeWaiters();
    }
    released.forEach(Runnable::run);
    flush();
  }

  /** Takes no more frames, and drops all but the batch that the transport already has. */
  public void discard() {
    List<Runnable> released;
    synchronized (lock) {
      shut = true;
      waiting.clear();
      whenEmpty = null;
      released = takeWaiters();
    }
    released.forEach(Runnable::run);
  }

  /** The bytes that wait, without those that the transport already has. */
  public long waitingBytes() {
    synchronized (lock) {
      return waiting.bytes();
    }
  }

  /** The most bytes that waited at a time so far. */
  public long highWaterBytes() {
    synchronized (lock) {
      return waiting.highWaterBytes();
    }
  }

  /** Hands waiting frames to the transport, unless it has not finished with the last batch. */
  public void flush() {
    drain.run();
  }

  /** Writes one batch. Returns false: the end of that batch calls {@link #flush} again. */
  private boolean step() {
    List<byte[]> batch;
    List<Runnable> released = List.of();
    Runnable empty = null;
    synchronized (lock) {
      if (writing) {
        return false;
      }
      batch = waiting.takeBatch();
      if (batch.isEmpty()) {
        empty = whenEmpty;
        whenEmpty = null;
      } else {
        writing = true;
        released = takeWaiters();
      }
    }
    if (!batch.isEmpty()) {
      writer.write(batch, this::written);
    }
    released.forEach(Runnable::run);
    if (empty != null) {
      empty.run();
    }
    return false;
  }

  private void written() {
    synchronized (lock) {
      writing = false;
      waiting.written();
    }
    flush();
  }

  /** Removes the waiters whose reply fits now, and all of them once no reply is taken any more. */
  private List<Runnable> takeWaiters() {
    if (roomWaiters.isEmpty()) {
      return List.of();
    }
    var released = new ArrayList<Runnable>();
    roomWaiters.removeIf(
        waiter -> {
          boolean tell = shut || waiting.hasEased(waiter.length());
          if (tell) {
            released.add(waiter.task());
          }
          return tell;
        });
    return released;
  }
}
