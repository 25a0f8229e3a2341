package dev.betterbase.sync.rpc;

import dev.betterbase.sync.rpc.method.Connection;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ContextService;
import jakarta.enterprise.concurrent.ManagedThreadFactory;
import jakarta.enterprise.context.ApplicationScoped;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads that work for connections.
 *
 * <p>The pools use the server's threads, but are not its managed executors. Payara's managed
 * executor searches the whole class path for every task, to capture its context, and a pull submits
 * a task for every batch.
 */
@ApplicationScoped
public class ConnectionThreads {
  /** The threads of streams, and so the database connections that streams use at a time. */
  static final int STREAMS = 8;

  /** The threads that handle requests when the transport's own thread cannot. */
  private static final int REQUESTS = 64;

  /** Up to this number of connections, one thread writes as fast as two threads do. */
  private static final int WRITTEN_ALONE = 32;

  /** A thread of a pool ends after this long without a task. */
  private static final long IDLE_SECONDS = 60;

  private static final Logger LOG = System.getLogger(ConnectionThreads.class.getName());

  @Resource private ContextService contexts;
  @Resource private ManagedThreadFactory threads;

  /** One thread for each processor is enough, since writers never wait. */
  private ExecutorService writers;

  private ExecutorService requestPool;
  private ExecutorService streamPool;
  private Executor requests;
  private Executor streams;

  @PostConstruct
  void prepare() {
    writers = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors(), threads);
    Executor application = contexts.currentContextExecutor();
    requestPool = pool(REQUESTS);
    streamPool = pool(STREAMS);
    requests = within(application, requestPool);
    streams = within(application, streamPool);
  }

  /** A pool whose threads end when there is nothing to do. */
  private ExecutorService pool(int size) {
    // The queue is bounded by its users: a connection has one task for reading, and one for each of
    // the streams that it may run at a time.
    var pool =
        new ThreadPoolExecutor(
            size, size, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), threads);
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  /**
   * Runs tasks in the application's context, through which its classes and the datasource are
   * found.
   */
  private static Executor within(Executor application, Executor executor) {
    return task -> executor.execute(() -> application.execute(task));
  }

  /**
   * Runs the handling of requests when no thread of the container does, in the application's
   * context.
   */
  public Executor requests() {
    return requests;
  }

  /** Runs what reads the database for streams, in the application's context. */
  Executor streams() {
    return streams;
  }

  /** The threads that write to sockets and do nothing else. */
  public Executor writers() {
    return writers;
  }

  /**
   * Writes the frames that were put on connections. If they are many, one thread for each processor
   * helps, the calling thread among them. This method may return before the last connection is
   * written.
   */
  public void flush(List<Connection> told) {
    var next = new AtomicInteger();
    Runnable work =
        () -> {
          for (int i = next.getAndIncrement(); i < told.size(); i = next.getAndIncrement()) {
            told.get(i).flush();
          }
        };
    int others =
        Math.min(told.size() / WRITTEN_ALONE, Runtime.getRuntime().availableProcessors() - 1);
    try {
      for (int i = 0; i < others; i++) {
        writers.execute(work);
      }
    } catch (RejectedExecutionException e) {
      LOG.log(Level.DEBUG, "the application is stopping", e);
    }
    work.run();
  }

  /** Ends the threads, to be called after the connections have ended. */
  public void stop() {
    writers.shutdown();
    requestPool.shutdown();
    streamPool.shutdown();
  }
}
