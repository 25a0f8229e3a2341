package dev.betterbase.sync.storage;

import dev.betterbase.sync.protocol.SpaceId;
import jakarta.annotation.PreDestroy;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedThreadFactory;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Asks each database about its own spaces, all at the same time. With one database, that is a plain
 * call.
 *
 * <p>The executor is not a managed one of the server's: Payara keeps the thread of such an executor
 * after an undeployment.
 */
@ApplicationScoped
public class ShardCalls {
  /** Calls of all requests together that run at the same time; beyond, the caller runs them. */
  private static final int THREADS = 32;

  private static final int QUEUE = 256;

  /** The time that a call may take besides its statement, for a thread and for a connection. */
  private static final Duration GRACE = Duration.ofMinutes(2);

  @Inject private Database database;
  @Resource private ManagedThreadFactory threads;

  private volatile Executor executor = Runnable::run;

  /** For the container. */
  public ShardCalls() {}

  /** For use outside a container: asks one database after another. */
  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  public ShardCalls(Database database) {
    this.database = database;
  }

  /**
   * Starts the threads at deployment; before that, one database is asked after another. Payara
   * keeps a thread that is started in a request and asks a database after an undeployment, and with
   * it the deployment.
   */
  public void start() {
    if (database.isSpread()) {
      ThreadPoolExecutor pool =
          new ThreadPoolExecutor(
              THREADS,
              THREADS,
              0,
              TimeUnit.SECONDS,
              new ArrayBlockingQueue<>(QUEUE),
              threads,
              // Not CallerRunsPolicy, which drops a task after an undeployment: its caller would
              // wait.
              (task, full) -> task.run());
      pool.prestartAllCoreThreads();
      executor = pool;
    }
  }

  @PreDestroy
  void stop() {
    if (executor instanceof ThreadPoolExecutor pool) {
      for (Runnable queued : pool.shutdownNow()) {
        if (queued instanceof FutureTask<?> task) {
          task.cancel(false);
        }
      }
    }
  }

  /** The outcome of the question to one database. */
  public sealed interface Answer<T, R> {
    /** The items that it was asked about. */
    List<T> items();

    /** It has answered. */
    record Answered<T, R>(List<T> items, R result) implements Answer<T, R> {}

    /** It has failed, and is not the first, or some items move again and again. */
    record Away<T, R>(List<T> items, StorageException why) implements Answer<T, R> {}

    /** Whether one of the items is in another database, so that none was answered. */
    default boolean isElsewhere() {
      return this instanceof Away<T, R> away && away.why() instanceof SpaceElsewhereException;
    }
  }

  /**
   * Asks each database about those of the items that are in it. Returns when all have answered.
   * Those whose space has moved meanwhile are asked about anew.
   *
   * @param space the space of an item
   * @param where the database of an item
   * @param question does one piece of work in a database, which ends by its time-outs
   * @throws StorageException if the first database fails
   */
  public <T, R> List<Answer<T, R>> ask(
      Collection<T> items,
      Function<T, SpaceId> space,
      Function<T, Database> where,
      BiFunction<Database, List<T>, R> question) {
    SpaceDirectory directory = database.directory();
    if (directory == null) {
      List<T> all = List.copyOf(items);
      return List.of(new Answer.Answered<>(all, question.apply(database, all)));
    }
    directory.learn(items.stream().map(space).toList());
    List<Answer<T, R>> answers = new ArrayList<>();
    List<T> left = List.copyOf(items);
    for (int attempt = 1; !left.isEmpty(); attempt++) {
      List<T> moved = new ArrayList<>();
      for (Answer<T, R> answer : askEach(left, where, question)) {
        if (attempt < SpaceDirectory.ATTEMPTS && answer.isElsewhere()) {
          moved.addAll(answer.items());
        } else {
          answers.add(answer);
        }
      }
      if (!moved.isEmpty()) {
        directory.lookAgain(moved.stream().map(space).toList());
      }
      left = moved;
    }
    return List.copyOf(answers);
  }

  private <T, R> List<Answer<T, R>> askEach(
      List<T> items, Function<T, Database> where, BiFunction<Database, List<T>, R> question) {
    Map<Database, List<T>> groups = new LinkedHashMap<>();
    items.forEach(
        item -> groups.computeIfAbsent(where.apply(item), first -> new ArrayList<>()).add(item));
    List<FutureTask<Answer<T, R>>> asked = new ArrayList<>();
    groups.forEach((shard, of) -> asked.add(new FutureTask<>(() -> answer(shard, of, question))));
    // This thread would only wait, so it asks the last database itself.
    asked.stream().limit(Math.max(0, asked.size() - 1)).forEach(executor::execute);
    if (!asked.isEmpty()) {
      asked.getLast().run();
    }
    List<Answer<T, R>> answers = new ArrayList<>();
    asked.forEach(each -> answers.add(result(each)));
    return List.copyOf(answers);
  }

  /** The same for items that are spaces. */
  public <R> List<Answer<SpaceId, R>> ask(
      Collection<SpaceId> spaces, BiFunction<Database, List<SpaceId>, R> question) {
    return ask(spaces, space -> space, database::of, question);
  }

  private static <T, R> Answer<T, R> answer(
      Database shard, List<T> items, BiFunction<Database, List<T>, R> question) {
    try {
      return new Answer.Answered<>(items, question.apply(shard, items));
    } catch (StorageException failure) {
      if (shard.isFirst() && !(failure instanceof SpaceElsewhereException)) {
        throw failure;
      }
      return new Answer.Away<>(items, failure);
    }
  }

  private <R> R result(FutureTask<R> task) {
    try {
      return task.get(database.statementTimeout().plus(GRACE).toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    } catch (CancellationException e) {
      throw new StorageException("the server stops", e);
    } catch (TimeoutException e) {
      throw new StorageException("asking several databases took too long", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException("asking several databases was interrupted", e);
    }
  }
}
