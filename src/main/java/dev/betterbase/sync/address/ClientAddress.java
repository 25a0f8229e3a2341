package dev.betterbase.sync.address;

import dev.betterbase.sync.settings.IpLiteral;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The address of a client by which scarce resources are shared out: an IPv4 address, or the /64 of
 * an IPv6 address, because a client may use all addresses of its /64.
 *
 * @param network the IPv4 address, or the first address of the /64
 */
public record ClientAddress(InetAddress network) {
  private static final int SHARED_BYTES = 8;

  /** All clients whose address is not known. */
  public static final ClientAddress UNKNOWN = of(new byte[4]);

  public ClientAddress {
    if (!(network instanceof Inet4Address)) {
      network = address(Arrays.copyOf(Arrays.copyOf(network.getAddress(), SHARED_BYTES), 16));
    }
  }

  /**
   * The address of a peer.
   *
   * @param text as {@code ServletRequest.getRemoteAddr} returns it; null or empty if the peer has
   *     hung up
   */
  public static ClientAddress of(@Nullable String text) {
    return text == null
        ? UNKNOWN
        : IpLiteral.parse(withoutZone(text)).map(ClientAddress::new).orElse(UNKNOWN);
  }

  private static ClientAddress of(byte[] address) {
    return new ClientAddress(address(address));
  }

  private static InetAddress address(byte[] bytes) {
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** An address of the link may name the network interface: {@code fe80::1%eth0}. */
  static String withoutZone(String text) {
    int zone = text.indexOf('%');
    return zone < 0 ? text : text.substring(0, zone);
  }

  /** The IPv4 address, or the /64 in CIDR notation. */
  @Override
  public String toString() {
    return network.getHostAddress() + (network instanceof Inet4Address ? "" : "/64");
  }
}
