package dev.betterbase.sync.launcher.boot;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.net.spi.InetAddressResolver;
import java.net.spi.InetAddressResolver.LookupPolicy;
import java.net.spi.InetAddressResolverProvider;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Resolves names as Java does, but for the machine's own host name: if nobody knows its address, it
 * is the loopback address. Payara Micro asks for it, and would not start in a container or on a
 * machine whose name is in neither {@code /etc/hosts} nor the DNS. Java finds this class through
 * {@code META-INF/services} (JEP 418).
 */
public final class OwnHostName extends InetAddressResolverProvider {
  private static final byte[] LOOPBACK = {127, 0, 0, 1};
  private static final byte[] LOOPBACK_IPV6 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

  @Override
  public InetAddressResolver get(Configuration configuration) {
    return new Resolver(configuration.builtinResolver(), configuration::lookupLocalHostName);
  }

  @Override
  public String name() {
    return "own host name";
  }

  private record Resolver(InetAddressResolver builtin, Supplier<String> ownName)
      implements InetAddressResolver {
    @Override
    public Stream<InetAddress> lookupByName(String host, LookupPolicy policy)
        throws UnknownHostException {
      try {
        return builtin.lookupByName(host, policy);
      } catch (UnknownHostException unknown) {
        if (host.equalsIgnoreCase(ownName.get())) {
          return Stream.of(InetAddress.getByAddress(host, loopback(policy)));
        }
        throw unknown;
      }
    }

    private static byte[] loopback(LookupPolicy policy) {
      return (policy.characteristics() & LookupPolicy.IPV4) == 0 ? LOOPBACK_IPV6 : LOOPBACK;
    }

    @Override
    public String lookupByAddress(byte[] address) throws UnknownHostException {
      return builtin.lookupByAddress(address);
    }
  }
}
