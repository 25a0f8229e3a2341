package dev.betterbase.sync.storage;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Writes to one database that share a round trip and a commit
 * (docs/decisions/0024-group-commit.md). While some are being written, others wait, and the next
 * writer takes all that wait with it. A write that finds a writer free goes at once, so nothing
 * waits for company.
 *
 * <p>A writer is the thread that came with the first write of a group. The queue is as long as
 * there are threads that write, of which each waits for its own answer.
 *
 * @param <W> a write
 * @param <A> its answer
 */
public final class GroupCommit<W, A> {

  /**
   * The bounds of one group.
   *
   * @param writers the most groups that are written at a time
   * @param key two writes with equal keys are never in two groups at a time
   * @param room makes the check that decides, for one write after another, whether it still fits
   *     into a group; the first write always fits
   */
  public record Groups<W>(int writers, Function<W, ?> key, Supplier<Predicate<W>> room) {}

  /** The instruction for a thread that waited. */
  private sealed interface Turn<W, A> {
    /** Write the group, of which its own write is the first. */
    record Lead<W, A>(List<Waiting<W, A>> group) implements Turn<W, A> {}

    /** Answer; another thread has written. */
    record Written<W, A>(A answer) implements Turn<W, A> {}
  }

  private record Waiting<W, A>(W write, Object key, CompletableFuture<Turn<W, A>> turn) {}

  private final String what;
  private final Groups<W> groups;
  private final Duration patience;
  private final Function<List<W>, List<A>> writeAll;

  private final Deque<Waiting<W, A>> waiting = new ArrayDeque<>();
  private final Set<Object> keysInGroups = new HashSet<>();
  private int writers;

  /**
   * @param what names the work in an error, such as {@code push}
   * @param patience the longest time that a write waits until another thread has written it
   * @param writeAll writes a group, and returns one answer for each write, in order
   */
  public GroupCommit(
      String what, Groups<W> groups, Duration patience, Function<List<W>, List<A>> writeAll) {
    this.what = what;
    this.groups = groups;
    this.patience = patience;
    this.writeAll = writeAll;
  }

  /**
   * Writes, with others that wait.
   *
   * @throws StorageException if the group failed, or the write has waited for too long
   */
  public A write(W write) {
    Waiting<W, A> mine = new Waiting<>(write, groups.key().apply(write), new CompletableFuture<>());
    synchronized (this) {
      waiting.addLast(mine);
      startWriters();
    }
    return switch (await(mine)) {
      case Turn.Lead<W, A>(List<Waiting<W, A>> group) -> lead(group);
      case Turn.Written<W, A>(A answer) -> answer;
    };
  }

  /** The number of writes that no group has. */
  public synchronized int waiting() {
    return waiting.size();
  }

  /** Gives the waiting items to as many writers as are free. */
  private void startWriters() {
    while (writers < groups.writers()) {
      List<Waiting<W, A>> group = nextGroup();
      if (group.isEmpty()) {
        return;
      }
      writers++;
      group.getFirst().turn().complete(new Turn.Lead<>(group));
    }
  }

  private List<Waiting<W, A>> nextGroup() {
    List<Waiting<W, A>> group = new ArrayList<>();
    Predicate<W> room = groups.room().get();
    for (Iterator<Waiting<W, A>> all = waiting.iterator(); all.hasNext(); ) {
      Waiting<W, A> next = all.next();
      if (keysInGroups.contains(next.key())) {
        continue;
      }
      if (!room.test(next.write()) && !group.isEmpty()) {
        break;
      }
      all.remove();
      group.add(next);
    }
    group.forEach(each -> keysInGroups.add(each.key()));
    return group;
  }

  private A lead(List<Waiting<W, A>> group) {
    List<A> answers;
    try {
      answers = writeAll.apply(group.stream().map(Waiting::write).toList());
    } catch (RuntimeException | Error failure) {
      leave(group);
      group.forEach(each -> each.turn().completeExceptionally(failure));
      throw failure instanceof StorageException known ? known : failed("", failure);
    }
    // The next group begins before the answers of this one are handed out.
    leave(group);
    for (int i = 1; i < group.size(); i++) {
      group.get(i).turn().complete(new Turn.Written<>(answers.get(i)));
    }
    return answers.getFirst();
  }

  private synchronized void leave(List<Waiting<W, A>> group) {
    writers--;
    group.forEach(each -> keysInGroups.remove(each.key()));
    startWriters();
  }

  private Turn<W, A> await(Waiting<W, A> mine) {
    try {
      return mine.turn().get(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException group) {
      throw failed(" together with others", group);
    } catch (TimeoutException late) {
      return giveUp(mine, late);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      return giveUp(mine, stopped);
    }
  }

  /** A thread that was made a writer at this moment still has to write its group. */
  private synchronized Turn<W, A> giveUp(Waiting<W, A> mine, Exception why) {
    if (waiting.remove(mine) || mine.turn().state() != Future.State.SUCCESS) {
      throw failed(", because its turn did not come in time", why);
    }
    return mine.turn().resultNow();
  }

  private StorageException failed(String how, Throwable cause) {
    return new StorageException(what + " failed" + how, cause);
  }
}
