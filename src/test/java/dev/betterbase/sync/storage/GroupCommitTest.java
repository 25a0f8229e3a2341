package dev.betterbase.sync.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A write is a text, whose first letter is its key; its answer is the text in capitals. */
class GroupCommitTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Semaphore may = new Semaphore(0);
  private final List<List<String>> begun = Collections.synchronizedList(new ArrayList<>());
  private GroupCommit<String, String> commit = with(1, LONG);

  @AfterEach
  void stop() {
    may.release(1_000);
    threads.close();
  }

  private GroupCommit<String, String> with(int writers, Duration patience) {
    return with(writers, patience, this::writeWithPermit);
  }

  private static GroupCommit<String, String> with(
      int writers, Duration patience, Function<List<String>, List<String>> writeAll) {
    return new GroupCommit<>(
        "write",
        new GroupCommit.Groups<>(
            writers, write -> write.charAt(0), GroupCommitTest::roomForTenLetters),
        patience,
        writeAll);
  }

  private static Predicate<String> roomForTenLetters() {
    AtomicInteger letters = new AtomicInteger();
    return write -> letters.addAndGet(write.length()) <= 10;
  }

  private List<String> writeWithPermit(List<String> group) {
    begun.add(group);
    may.acquireUninterruptibly();
    return group.stream().map(GroupCommitTest::capitals).toList();
  }

  private static String capitals(String write) {
    if (write.equals("x")) {
      throw new IllegalStateException("no x");
    }
    return write.toUpperCase(Locale.ROOT);
  }

  private Future<String> begin(String write) {
    return threads.submit(() -> commit.write(write));
  }

  /** Begins a write that keeps a writer busy. */
  private Future<String> busy(String write) {
    int before = begun.size();
    Future<String> first = begin(write);
    await().until(() -> begun.size() == before + 1);
    return first;
  }

  /** Begins writes, each after the one before has begun to wait. */
  private List<Future<String>> queue(String... writes) {
    List<Future<String>> queued = new ArrayList<>();
    for (String write : writes) {
      int before = commit.waiting();
      queued.add(begin(write));
      await().until(() -> commit.waiting() == before + 1);
    }
    return queued;
  }

  private static String end(Future<String> write)
      throws InterruptedException, ExecutionException, TimeoutException {
    return write.get(60, TimeUnit.SECONDS);
  }

  @Test
  void aWriteThatFindsAWriterFreeGoesByItself() throws Exception {
    may.release();
    assertThat(end(begin("a"))).isEqualTo("A");
    assertThat(begun).containsExactly(List.of("a"));
  }

  @Test
  void writesThatWaitGoTogetherAndGetTheirOwnAnswers() throws Exception {
    Future<String> first = busy("a");
    List<Future<String>> waiting = queue("b", "c", "bb");
    may.release(2);
    assertThat(end(first)).isEqualTo("A");
    assertThat(end(waiting.get(0))).isEqualTo("B");
    assertThat(end(waiting.get(1))).isEqualTo("C");
    assertThat(end(waiting.get(2))).isEqualTo("BB");
    assertThat(begun).containsExactly(List.of("a"), List.of("b", "c", "bb"));
  }

  @Test
  void thereAreAsManyGroupsAsWriters() throws Exception {
    commit = with(2, LONG);
    List<Future<String>> writing = List.of(busy("a"), busy("b"));
    List<Future<String>> waiting = queue("c");
    assertThat(begun).hasSize(2);
    may.release();
    await().until(() -> begun.size() == 3);
    assertThat(begun.getLast()).containsExactly("c");
    may.release(2);
    assertThat(end(waiting.getFirst())).isEqualTo("C");
    assertThat(end(writing.getFirst()) + end(writing.getLast())).isEqualTo("AB");
  }

  @Test
  void aKeyIsInOneGroupAtATime() throws Exception {
    commit = with(2, LONG);
    Future<String> first = busy("a");
    List<Future<String>> waiting = queue("a2", "a3");
    Future<String> another = busy("b");
    assertThat(begun).as("another key need not wait").element(1).isEqualTo(List.of("b"));
    may.release(3);
    assertThat(end(waiting.get(1))).isEqualTo("A3");
    assertThat(end(first) + end(another)).isEqualTo("AB");
    assertThat(begun).hasSize(3).element(2).isEqualTo(List.of("a2", "a3"));
  }

  @Test
  void aGroupIsNoLargerThanItsRoom() throws Exception {
    Future<String> first = busy("a");
    List<Future<String>> waiting = queue("bbbbb", "cccc", "ddd", "eeeeeeeeeeeeeee", "f");
    may.release(5);
    assertThat(end(first)).isEqualTo("A");
    assertThat(end(waiting.getLast())).isEqualTo("F");
    assertThat(begun.subList(1, 5))
        .as("one that is too large for any group goes by itself")
        .containsExactly(
            List.of("bbbbb", "cccc"), List.of("ddd"), List.of("eeeeeeeeeeeeeee"), List.of("f"));
  }

  @Test
  void aFailureIsForAllOfTheGroupAndForNobodyElse() throws Exception {
    Future<String> first = busy("a");
    List<Future<String>> waiting = queue("b", "x", "c");
    may.release(2);
    assertThat(end(first)).isEqualTo("A");
    for (Future<String> each : waiting) {
      assertThatThrownBy(() -> end(each))
          .hasRootCauseMessage("no x")
          .cause()
          .isInstanceOf(StorageException.class);
    }
    may.release();
    assertThat(end(begin("b"))).as("the writer is free again, and the key").isEqualTo("B");
  }

  @Test
  void whoWaitsTooLongIsToldSoAndNothingIsWritten() throws Exception {
    commit = with(1, Duration.ofMillis(1));
    Future<String> first = busy("a");
    Future<String> late = begin("b");
    assertThatThrownBy(() -> end(late))
        .cause()
        .isInstanceOf(StorageException.class)
        .hasMessage("write failed, because its turn did not come in time");
    may.release(2);
    assertThat(end(first)).isEqualTo("A");
    assertThat(end(begin("c"))).isEqualTo("C");
    assertThat(begun).containsExactly(List.of("a"), List.of("c"));
  }

  @Test
  void manyAtOnceEachGetTheirAnswerAndNoKeyIsInTwoGroups() throws Exception {
    Set<Character> open = ConcurrentHashMap.newKeySet();
    AtomicInteger written = new AtomicInteger();
    commit =
        with(
            3,
            LONG,
            group -> {
              Set<Character> keys = new HashSet<>();
              group.forEach(write -> keys.add(write.charAt(0)));
              keys.forEach(key -> assertThat(open.add(key)).isTrue());
              written.addAndGet(group.size());
              open.removeAll(keys);
              return group.stream().map(GroupCommitTest::capitals).toList();
            });
    List<Future<String>> all = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      all.add(begin("abcde".charAt(i % 5) + "" + i % 7));
    }
    for (int i = 0; i < all.size(); i++) {
      assertThat(end(all.get(i))).isEqualTo("ABCDE".charAt(i % 5) + "" + i % 7);
    }
    assertThat(written).hasValue(2_000);
    assertThat(commit.waiting()).isZero();
  }
}
