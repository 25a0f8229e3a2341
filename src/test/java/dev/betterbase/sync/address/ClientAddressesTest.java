package dev.betterbase.sync.address;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.settings.AddressRange;
import dev.betterbase.sync.settings.IpLiteral;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClientAddressesTest {
  private static final String PROXY = "10.0.0.1";

  private final ClientAddresses addresses =
      new ClientAddresses(List.of(range("10.0.0.0", 8), range("fd00::", 8)));

  private static AddressRange range(String first, int bits) {
    return new AddressRange(IpLiteral.parse(first).orElseThrow(), bits);
  }

  private String xForwardedFor(String... headers) {
    return addresses.of(PROXY, List.of(), List.of(headers)).toString();
  }

  private String forwarded(String... headers) {
    return addresses.of(PROXY, List.of(headers), List.of()).toString();
  }

  @Test
  void nobodyButATrustedProxyIsBelieved() {
    List<String> header = List.of("198.51.100.9");
    List<String> forwarded = List.of("for=198.51.100.9");

    assertThat(addresses.of("192.0.2.7", forwarded, header)).hasToString("192.0.2.7");
    assertThat(addresses.of(PROXY, forwarded, header)).hasToString("198.51.100.9");
    assertThat(addresses.of("fd00::1%eth0", forwarded, header)).hasToString("198.51.100.9");
    assertThat(addresses.of("::ffff:10.0.0.1", forwarded, header)).hasToString("198.51.100.9");
    assertThat(addresses.of(null, forwarded, header)).isEqualTo(ClientAddress.UNKNOWN);
    assertThat(addresses.of("", forwarded, header)).isEqualTo(ClientAddress.UNKNOWN);
    assertThat(new ClientAddresses(List.of()).of(PROXY, forwarded, header)).hasToString(PROXY);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''|10.0.0.1",
        "192.0.2.7|192.0.2.7",
        "198.51.100.9, 192.0.2.7|192.0.2.7",
        "198.51.100.9,192.0.2.7 , 10.0.0.2,10.0.0.3|192.0.2.7",
        "10.0.0.9, 10.0.0.2|10.0.0.9",
        "192.0.2.7:4711|192.0.2.7",
        "[2001:db8:1:2:3::4]:4711|2001:db8:1:2:0:0:0:0/64",
        "2001:db8:1:2:3::4|2001:db8:1:2:0:0:0:0/64",
        "::ffff:192.0.2.7|192.0.2.7",
        "198.51.100.9, unknown|10.0.0.1",
        "198.51.100.9, client.example|10.0.0.1",
        "198.51.100.9, 10.0.0.2, junk, 10.0.0.3|10.0.0.3",
        "198.51.100.9, 192.0.2.777|10.0.0.1",
      })
  void xForwardedForIsReadFromTheRight(String header, String expected) {
    assertThat(xForwardedFor(header)).isEqualTo(expected);
    String[] several = header.split(",", -1);
    assertThat(xForwardedFor(several)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      value = {
        "''|10.0.0.1",
        "for=192.0.2.7|192.0.2.7",
        "For=\"192.0.2.7:4711\";proto=https;by=10.0.0.1|192.0.2.7",
        "proto=https;for=192.0.2.7|192.0.2.7",
        "for=\"[2001:db8:1:2:3::4]:4711\"|2001:db8:1:2:0:0:0:0/64",
        "for=198.51.100.9, for=192.0.2.7|192.0.2.7",
        "for=198.51.100.9 , for=192.0.2.7;proto=http , for=10.0.0.2|192.0.2.7",
        "for=192.0.2.7;host=\"a, for=198.51.100.9\"|192.0.2.7",
        "for=192.0.2.7;host=\"a\\\", for=198.51.100.9\"|192.0.2.7",
        "for=198.51.100.9, for=unknown|10.0.0.1",
        "for=198.51.100.9, for=_hidden|10.0.0.1",
        "for=198.51.100.9, proto=https|10.0.0.1",
        "for=198.51.100.9, for=\"unclosed|10.0.0.1",
        "for=198.51.100.9 junk|10.0.0.1",
        ", ,for=192.0.2.7,|192.0.2.7",
      })
  void forwardedIsReadFromTheRight(String header, String expected) {
    assertThat(forwarded(header)).isEqualTo(expected);
  }

  @Test
  void severalForwardedHeadersAreOneList() {
    assertThat(forwarded("for=198.51.100.9", "for=192.0.2.7", "for=10.0.0.2"))
        .isEqualTo("192.0.2.7");
  }

  /** A proxy that adds one of them passes the other on as the client has sent it. */
  @Test
  void whereTheHeadersContradictNeitherIsBelieved() {
    List<String> made = List.of("for=198.51.100.9");
    List<String> real = List.of("192.0.2.7");

    assertThat(addresses.of(PROXY, made, real)).hasToString(PROXY);
    assertThat(addresses.of(PROXY, List.of("for=192.0.2.7"), real)).hasToString("192.0.2.7");
    assertThat(addresses.of(PROXY, List.of("for=\"junk"), real)).hasToString("192.0.2.7");
  }

  @Test
  void aVeryLongHeaderIsRead() {
    assertThat(forwarded("for=\"" + "\\a".repeat(60_000) + "\", for=192.0.2.7"))
        .isEqualTo("192.0.2.7");
    assertThat(forwarded("for=x,".repeat(20_000) + "for=192.0.2.7")).isEqualTo("192.0.2.7");
    assertThat(xForwardedFor("x,".repeat(60_000) + "192.0.2.7")).isEqualTo("192.0.2.7");
    assertThat(forwarded(" ".repeat(120_000) + "x")).isEqualTo(PROXY);
  }

  @Test
  void allAddressesOfANetworkOfIpv6AreOneClient() {
    assertThat(ClientAddress.of("2001:db8:0:1::1"))
        .isEqualTo(ClientAddress.of("2001:db8:0:1:ffff::"))
        .isNotEqualTo(ClientAddress.of("2001:db8:0:2::1"));
    assertThat(ClientAddress.of("192.0.2.1")).isNotEqualTo(ClientAddress.of("192.0.2.2"));
    assertThat(ClientAddress.of("fe80::1%eth0")).hasToString("fe80:0:0:0:0:0:0:0/64");
  }
}
