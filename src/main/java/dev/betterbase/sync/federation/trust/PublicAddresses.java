package dev.betterbase.sync.federation.trust;

import dev.betterbase.sync.settings.Domain;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.eclipse.jetty.util.Promise;
import org.eclipse.jetty.util.SocketAddressResolver;

/**
 * Looks up the addresses of other servers and gives only those that may be dialled: a public name
 * never leads to a private address, whatever its DNS says (federation.md, Keys). The client dials
 * the addresses checked here, so a second DNS answer cannot replace them. Literal addresses in the
 * settings, and the loopback names, are not restricted.
 */
final class PublicAddresses implements SocketAddressResolver {

  /**
   * Special blocks that the JDK has no method for: the prefix length in bits and the first bytes.
   */
  private static final List<Block> OTHER_PRIVATE =
      List.of(
          new Block(8, 0), // this network (RFC 791)
          new Block(10, 100, 64), // shared by customers of a provider (RFC 6598)
          new Block(24, 192, 0, 0), // protocol assignments (RFC 6890)
          new Block(15, 198, 18), // benchmarks (RFC 2544)
          new Block(4, 240)); // reserved, and broadcast (RFC 1112)

  private record Block(int bits, int... first) {
    boolean holds(byte[] address) {
      for (int bit = 0; bit < bits; bit++) {
        int wanted = bit / 8 < first.length ? first[bit / 8] : 0;
        int mask = 0x80 >> (bit % 8);
        if ((address[bit / 8] & mask) != (wanted & mask)) {
          return false;
        }
      }
      return true;
    }
  }

  private final Executor executor;

  /**
   * @param executor runs the look-ups, which block
   */
  PublicAddresses(Executor executor) {
    this.executor = executor;
  }

  @Override
  public void resolve(
      String host,
      int port,
      Map<String, Object> context,
      Promise<List<InetSocketAddress>> promise) {
    try {
      executor.execute(() -> resolve(host, port, promise));
    } catch (RejectedExecutionException stopping) {
      promise.failed(stopping);
    }
  }

  private static void resolve(String host, int port, Promise<List<InetSocketAddress>> promise) {
    List<InetSocketAddress> allowed;
    try {
      allowed = allowed(host, InetAddress.getAllByName(host), port);
    } catch (IOException unknown) {
      promise.failed(unknown);
      return;
    }
    promise.succeeded(allowed);
  }

  /**
   * The addresses of a host that may be dialled.
   *
   * @throws UnknownHostException if there are none
   */
  static List<InetSocketAddress> allowed(String host, InetAddress[] found, int port)
      throws UnknownHostException {
    boolean itself = Domain.of(host).filter(Domain::isLoopback).isPresent() || host.equals("::1");
    boolean literal = isLiteral(host);
    List<InetSocketAddress> allowed = new ArrayList<>();
    for (InetAddress address : found) {
      if (itself ? address.isLoopbackAddress() : literal || isPublic(address)) {
        allowed.add(new InetSocketAddress(address, port));
      }
    }
    if (allowed.isEmpty()) {
      throw new UnknownHostException(host + " has no public address");
    }
    return allowed;
  }

  /** Four decimal numbers, or anything with a colon; no host name has either form. */
  private static boolean isLiteral(String host) {
    return host.contains(":") || host.matches("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
  }

  static boolean isPublic(InetAddress address) {
    if (address.isAnyLocalAddress()
        || address.isLoopbackAddress()
        || address.isLinkLocalAddress()
        || address.isSiteLocalAddress()
        || address.isMulticastAddress()) {
      return false;
    }
    byte[] bytes = address.getAddress();
    if (address instanceof Inet4Address) {
      return OTHER_PRIVATE.stream().noneMatch(block -> block.holds(bytes));
    }
    return isGlobal(bytes) && embedded(bytes).map(PublicAddresses::isPublic).orElse(true);
  }

  /** In IPv6 only 2000::/3 is allocated, and 64:ff9b::/96 leads to IPv4 (RFC 6052). */
  private static boolean isGlobal(byte[] address) {
    return (address[0] & 0xE0) == 0x20 || isTranslated(address);
  }

  private static boolean isTranslated(byte[] address) {
    return Arrays.equals(
        Arrays.copyOf(address, 12),
        new byte[] {0, 0x64, (byte) 0xFF, (byte) 0x9B, 0, 0, 0, 0, 0, 0, 0, 0});
  }

  /**
   * The IPv4 address that an IPv6 address embeds: by translation (RFC 6052) or by 6to4 (RFC 3056).
   */
  private static Optional<InetAddress> embedded(byte[] address) {
    int from = isTranslated(address) ? 12 : address[0] == 0x20 && address[1] == 2 ? 2 : -1;
    if (from < 0) {
      return Optional.empty();
    }
    try {
      return Optional.of(InetAddress.getByAddress(Arrays.copyOfRange(address, from, from + 4)));
    } catch (UnknownHostException fourBytesAreAnAddress) {
      throw new IllegalStateException(fourBytesAreAnAddress);
    }
  }
}
