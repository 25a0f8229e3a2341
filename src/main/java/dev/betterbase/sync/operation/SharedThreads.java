package dev.betterbase.sync.operation;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Threads of the JDK that all applications of a server share, and that never end. */
final class SharedThreads {
  private SharedThreads() {}

  /**
   * Starts the thread behind {@link CompletableFuture#orTimeout}. It keeps the context class loader
   * of the thread that needs it first. If that is a thread of this application, the application is
   * not freed after an undeployment.
   */
  static void startOutsideOfTheApplication() {
    Thread current = Thread.currentThread();
    ClassLoader own = current.getContextClassLoader();
    current.setContextClassLoader(ClassLoader.getSystemClassLoader());
    try {
      CompletableFuture<Void> unused =
          new CompletableFuture<Void>().completeOnTimeout(null, 1, TimeUnit.MILLISECONDS);
    } finally {
      current.setContextClassLoader(own);
    }
  }
}
