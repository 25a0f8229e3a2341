package dev.betterbase.sync.testing;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.net.spi.InetAddressResolver;
import java.net.spi.InetAddressResolverProvider;
import java.util.stream.Stream;

/**
 * Resolves every host name with an underscore to loopback in the JVM of the tests, like the DNS of
 * Docker Compose resolves the names of services. A server process needs a file of hosts instead:
 * see {@link ServerProcess.Builder#hosts}.
 */
public final class UnderscoreNames extends InetAddressResolverProvider {
  /** Constructed by the JDK. */
  public UnderscoreNames() {}

  @Override
  public InetAddressResolver get(Configuration configuration) {
    InetAddressResolver builtin = configuration.builtinResolver();
    return new InetAddressResolver() {
      @Override
      public Stream<InetAddress> lookupByName(String host, LookupPolicy policy)
          throws UnknownHostException {
        return host.contains("_")
            ? Stream.of(InetAddress.getByAddress(host, new byte[] {127, 0, 0, 1}))
            : builtin.lookupByName(host, policy);
      }

      @Override
      public String lookupByAddress(byte[] address) throws UnknownHostException {
        return builtin.lookupByAddress(address);
      }
    };
  }

  @Override
  public String name() {
    return "host names with underscores";
  }
}
