package dev.betterbase.sync.federation.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** federation.md, Keys: never a private address for a public name. */
class PublicAddressesTest {
  private static List<InetSocketAddress> allowed(String host, String... addresses)
      throws UnknownHostException {
    InetAddress[] found = new InetAddress[addresses.length];
    for (int i = 0; i < addresses.length; i++) {
      found[i] = InetAddress.getByName(addresses[i]);
    }
    return PublicAddresses.allowed(host, found, 443);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",
        "0.1.2.3",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.127.255.255",
        "192.0.0.8",
        "198.18.0.1",
        "198.19.255.255",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fec0::1",
        "fc00::1",
        "fd12:3456::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "2002:c0a8:101::",
        "100::1"
      })
  void privateAddressOfAPublicNameIsRefused(String address) {
    assertThatThrownBy(() -> allowed("sync.example.com", address))
        .isInstanceOf(UnknownHostException.class)
        .hasMessageContaining("no public address");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.1.1.1",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "198.17.0.1",
        "198.20.0.1",
        "223.255.255.255",
        "2606:4700::1111",
        "64:ff9b::101:101",
        "2002:101:101::"
      })
  void publicAddressIsDialled(String address) throws UnknownHostException {
    assertThat(allowed("sync.example.com", address)).hasSize(1);
  }

  @Test
  void ofMixedAnswersThePublicOnesAreLeft() throws UnknownHostException {
    assertThat(allowed("sync.example.com", "10.0.0.1", "1.1.1.1", "::1"))
        .extracting(address -> address.getAddress().getHostAddress())
        .containsExactly("1.1.1.1");
  }

  @Test
  void machineItselfIsReachedByItsOwnNamesOnly() throws UnknownHostException {
    assertThat(allowed("localhost", "127.0.0.1")).hasSize(1);
    assertThat(allowed("127.0.0.1", "127.0.0.1")).hasSize(1);
    assertThat(allowed("::1", "::1")).hasSize(1);
    assertThatThrownBy(() -> allowed("localhost", "1.1.1.1"))
        .isInstanceOf(UnknownHostException.class);
  }

  @Test
  void addressThatWasWrittenDownIsDialledAsItIs() throws UnknownHostException {
    assertThat(Arrays.asList("10.0.0.1", "fd12::1"))
        .allSatisfy(address -> assertThat(allowed(address, address)).hasSize(1));
  }
}
