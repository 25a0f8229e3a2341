package dev.betterbase.sync.address;

import dev.betterbase.sync.settings.AddressRange;
import dev.betterbase.sync.settings.IpLiteral;
import dev.betterbase.sync.settings.Settings;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import java.net.InetAddress;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Says from which address a request comes. That is the peer of the TCP connection, unless it is a
 * trusted proxy ({@code TRUSTED_PROXIES}). Then it is the last address that a trusted proxy has
 * added to {@code Forwarded} (RFC 7239) or {@code X-Forwarded-For} and that is not itself one of a
 * trusted proxy. Anything to the left of it may be made up.
 */
@ApplicationScoped
public class ClientAddresses {
  private List<AddressRange> proxies = List.of();

  /** For CDI, which makes a proxy of this class. */
  protected ClientAddresses() {}

  @Inject
  ClientAddresses(Settings settings) {
    this(settings.trustedProxies());
  }

  ClientAddresses(List<AddressRange> proxies) {
    this.proxies = proxies;
  }

  /** The address of the client that sent a request. */
  public ClientAddress of(HttpServletRequest request) {
    String peer = request.getRemoteAddr();
    return proxies.isEmpty()
        ? ClientAddress.of(peer)
        : of(peer, headers(request, "Forwarded"), headers(request, "X-Forwarded-For"));
  }

  private static List<String> headers(HttpServletRequest request, String name) {
    Enumeration<String> values = request.getHeaders(name);
    return values == null ? List.of() : Collections.list(values);
  }

  /**
   * The address of a client.
   *
   * @param peer the address of the peer as text; null or empty if unknown
   * @param forwarded every {@code Forwarded} header, in order
   * @param xForwardedFor every {@code X-Forwarded-For} header, in order
   */
  ClientAddress of(@Nullable String peer, List<String> forwarded, List<String> xForwardedFor) {
    Optional<InetAddress> known =
        peer == null ? Optional.empty() : IpLiteral.parse(ClientAddress.withoutZone(peer));
    if (known.filter(this::isProxy).isEmpty()) {
      return ClientAddress.of(peer);
    }
    InetAddress proxy = known.get();
    InetAddress one = client(proxy, ForwardedFor.ofForwarded(forwarded));
    InetAddress other = client(proxy, ForwardedFor.ofXForwardedFor(xForwardedFor));
    if (one.equals(proxy) || one.equals(other)) {
      return new ClientAddress(other);
    }
    // A proxy that sets only one of the two fields passes on the other as the client has sent it.
    // Which one is unknown, so such a client has the address of the proxy.
    return new ClientAddress(other.equals(proxy) ? one : proxy);
  }

  /** Goes from the last entry to the first, as long as those who added them are trusted. */
  private InetAddress client(InetAddress proxy, List<Optional<InetAddress>> entries) {
    InetAddress client = proxy;
    for (Optional<InetAddress> entry : entries.reversed()) {
      if (entry.isEmpty() || !isProxy(client)) {
        break;
      }
      client = entry.get();
    }
    return client;
  }

  private boolean isProxy(InetAddress address) {
    return proxies.stream().anyMatch(range -> range.contains(address));
  }
}
