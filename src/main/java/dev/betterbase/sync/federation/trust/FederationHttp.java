package dev.betterbase.sync.federation.trust;

import dev.betterbase.sync.identity.CachedKeys;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.client.BufferingResponseListener;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.client.WWWAuthenticationProtocolHandler;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.http.HttpCookieStore;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * HTTP to other servers, WebSockets included: no redirects, nothing but public addresses. Owns the
 * threads and sockets behind it. (The JDK's client lets nobody see the address that it dials.)
 */
@ApplicationScoped
public class FederationHttp {
  /** Threads at most; nothing waits on them but look-ups of names. */
  private static final int THREADS = 16;

  private static final int THREADS_KEPT = 4;
  private static final long CONNECT_MILLIS = 3_000;

  /** To one server: more than may pass files at once, so that none waits for another. */
  private static final int CONNECTIONS = 2_000;

  /** An X-UCAN of 64 KiB and what else there is. */
  private static final int REQUEST_HEADER_BYTES = 128 * 1024;

  private static final long STOP_MILLIS = 2_000;

  private HttpClient client;

  @PostConstruct
  void start() {
    var threads = new QueuedThreadPool(THREADS, THREADS_KEPT);
    threads.setName("betterbase-peers");
    threads.setDaemon(true);
    threads.setStopTimeout(STOP_MILLIS);
    var connector = new ClientConnector();
    connector.setSelectors(1);
    var made = new HttpClient(new HttpClientTransportOverHTTP(connector));
    made.setExecutor(threads);
    made.setSocketAddressResolver(new PublicAddresses(threads));
    made.setConnectTimeout(CONNECT_MILLIS);
    made.setAddressResolutionTimeout(CONNECT_MILLIS);
    made.setFollowRedirects(false);
    made.setMaxConnectionsPerDestination(CONNECTIONS);
    made.setMaxRequestHeadersSize(REQUEST_HEADER_BYTES);
    made.setHttpCookieStore(new HttpCookieStore.Empty());
    made.setUserAgentField(null);
    try {
      made.start();
      // Only now: starting puts gzip there, by which a small body becomes a large one.
      made.getContentDecoderFactories().clear();
      // A 401 is an answer, and no question for a password.
      made.getProtocolHandlers().remove(WWWAuthenticationProtocolHandler.NAME);
    } catch (Exception e) {
      throw new IllegalStateException("the HTTP client does not start", e);
    }
    client = made;
  }

  @PreDestroy
  void stop() {
    LifeCycle.stop(client);
  }

  /** The client, for what is not a small document. */
  public HttpClient client() {
    return client;
  }

  /**
   * Fetches a document. Never throws: every failure is the future's, and it is complete within
   * {@link CachedKeys#FETCH_TIMEOUT}.
   */
  CompletableFuture<String> fetch(URI url) {
    var body = new CompletableFuture<String>();
    try {
      client
          .newRequest(url)
          .headers(fields -> fields.put("Accept", "application/json"))
          // For the whole of it.
          .timeout(CachedKeys.FETCH_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
          .send(new Bounded(body));
    } catch (RuntimeException refused) {
      body.completeExceptionally(refused);
    }
    return body;
  }

  /** Takes an answer with status 200 and a bounded body, which is in UTF-8. */
  private static final class Bounded extends BufferingResponseListener {
    private final CompletableFuture<String> body;

    Bounded(CompletableFuture<String> body) {
      super(CachedKeys.FETCH_BYTES);
      this.body = body;
    }

    @Override
    public void onComplete(Result result) {
      if (result.isFailed()) {
        body.completeExceptionally(result.getFailure());
      } else if (result.getResponse().getStatus() != 200) {
        body.completeExceptionally(
            new IOException("answered with status " + result.getResponse().getStatus()));
      } else {
        body.complete(getContentAsString(StandardCharsets.UTF_8));
      }
    }
  }
}
