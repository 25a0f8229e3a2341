package dev.betterbase.sync.identity;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * Fetches key sets over HTTP (auth.md, JWKS): no redirects, at most 1 MiB, 10 s for the whole
 * exchange. Nimbus' own retriever follows redirects, and limits the time of each read, not of the
 * fetch. No thread waits for an answer, unless the host's name contains an underscore.
 */
final class JwksFetcher implements AutoCloseable {
  /** The longest time from the request to the last byte. */
  static final Duration TIMEOUT = CachedKeys.FETCH_TIMEOUT;

  static final int MAX_BYTES = CachedKeys.FETCH_BYTES;

  private final Executor executor;
  private final HttpClient client;
  private final Duration timeout;

  /**
   * @param executor runs the steps of a fetch. Only the look-up of a host name blocks, and the
   *     whole fetch if the name contains an underscore
   */
  JwksFetcher(Executor executor) {
    this(executor, TIMEOUT);
  }

  JwksFetcher(Executor executor, Duration timeout) {
    this.executor = executor;
    this.timeout = timeout;
    this.client =
        HttpClient.newBuilder()
            .executor(executor)
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(timeout)
            .build();
  }

  /**
   * Fetches a key set. Never throws: a failure completes the future, and the future completes
   * within the time-out.
   */
  CompletableFuture<Jwks> fetch(URI url) {
    try {
      return (url.getHost() == null ? blocking(url) : asynchronous(url))
          .thenCompose(JwksFetcher::read);
    } catch (RuntimeException refused) {
      return CompletableFuture.failedFuture(refused);
    }
  }

  private CompletableFuture<BlockingFetch.Answer> asynchronous(URI url) {
    HttpRequest request = HttpRequest.newBuilder(url).header("Accept", "application/json").build();
    return limited(client.sendAsync(request, response -> new BoundedBody(MAX_BYTES)))
        .thenApply(response -> new BlockingFetch.Answer(response.statusCode(), response.body()));
  }

  /**
   * Sets the time-out of an exchange and cancels the exchange then. The time-out of HttpRequest
   * ends with the headers, so a slow body would have none.
   */
  private <T> CompletableFuture<T> limited(CompletableFuture<T> exchange) {
    return exchange
        .copy()
        .orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
        .whenComplete(
            (response, failure) -> {
              if (failure != null) {
                exchange.cancel(true);
              }
            });
  }

  private CompletableFuture<BlockingFetch.Answer> blocking(URI url) {
    return limited(
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return BlockingFetch.get(url, timeout, MAX_BYTES);
              } catch (IOException failure) {
                throw new CompletionException(failure);
              }
            },
            executor));
  }

  private static CompletableFuture<Jwks> read(BlockingFetch.Answer answer) {
    if (answer.status() != 200) {
      return CompletableFuture.failedFuture(
          new IOException("answered with status " + answer.status()));
    }
    try {
      return CompletableFuture.completedFuture(
          Jwks.parse(new String(answer.body(), StandardCharsets.UTF_8)));
    } catch (ParseException malformed) {
      return CompletableFuture.failedFuture(new IOException("answered with no key set"));
    }
  }

  /** Cancels the fetches that are under way and ends the client's thread. */
  @Override
  public void close() {
    client.shutdownNow();
  }
}
