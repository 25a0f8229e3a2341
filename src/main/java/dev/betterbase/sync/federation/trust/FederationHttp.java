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
 * The HTTP and WebSocket client for other servers. It follows no redirects and dials public
 * addresses only, which the JDK's client cannot check. It owns its threads and sockets.
 */
@ApplicationScoped
public class FederationHttp {
  /** The most threads; only DNS look-ups block them. */
  private static final int THREADS = 16;

  private static final int THREADS_KEPT = 4;
  private static final long CONNECT_MILLIS = 3_000;

  /**
   * Connections to one server: more than the most file transfers at a time, so none waits for
   * another.
   */
  private static final int CONNECTIONS = 2_000;

  /** Room for an X-UCAN of 64 KiB and the other headers. */
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
      // Set after start, which would add gzip: a small compressed body can expand to a large one.
      made.getContentDecoderFactories().clear();
      // Treat a 401 as an answer, not as a request for credentials.
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

  /** The client itself, for WebSockets and file transfers. */
  public HttpClient client() {
    return client;
  }

  /**
   * Fetches a document. Never throws: a failure completes the future, and the future completes
   * within {@link CachedKeys#FETCH_TIMEOUT}.
   */
  CompletableFuture<String> fetch(URI url) {
    var body = new CompletableFuture<String>();
    try {
      client
          .newRequest(url)
          .headers(fields -> fields.put("Accept", "application/json"))
          // The time-out of the whole exchange.
          .timeout(CachedKeys.FETCH_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
          .send(new Bounded(body));
    } catch (RuntimeException refused) {
      body.completeExceptionally(refused);
    }
    return body;
  }

  /** Accepts an answer with status 200 and a body of bounded size in UTF-8. */
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
