package dev.betterbase.sync.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressRangeTest {

  private static InetAddress address(String text) {
    return IpLiteral.parse(text).orElseThrow();
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, 10.255.255.255, true",
    "10.0.0.0/8, 11.0.0.0, false",
    "10.1.2.3/8, 10.9.9.9, true",
    "192.0.2.128/25, 192.0.2.127, false",
    "192.0.2.128/25, 192.0.2.128, true",
    "192.0.2.7, 192.0.2.7, true",
    "192.0.2.7, 192.0.2.6, false",
    "0.0.0.0/0, 255.255.255.255, true",
    "0.0.0.0/0, ::1, false",
    "192.0.2.7, ::ffff:192.0.2.7, true",
    "::ffff:192.0.2.7, 192.0.2.7, true",
    "fd00::/8, fdff:ffff::1, true",
    "fd00::/8, fe00::1, false",
    "2001:db8::/33, 2001:db8:8000::, false",
    "2001:db8::/33, 2001:db8:7fff:ffff::, true",
    "::1, 0:0:0:0:0:0:0:1, true",
    "::/0, 10.0.0.1, false",
  })
  void holdsTheAddressesThatShareItsBits(String range, String address, boolean expected) {
    assertThat(AddressRange.parse(range).orElseThrow().contains(address(address)))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/8",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/08",
        "10.0.0.0/8/8",
        "10.0.0/8",
        "10.0.0.256",
        "010.0.0.1",
        "10",
        "::/129",
        "::g",
        ":",
        "1::2::3",
        "[::1]",
        "fe80::1%eth0",
        "localhost",
        "proxy.example.com",
        "beef",
      })
  void refusesWhatIsNoRange(String text) {
    assertThat(AddressRange.parse(text)).isEmpty();
  }

  @Test
  void theSettingIsAList() {
    Map<String, String> set = Map.of("TRUSTED_PROXIES", " 10.0.0.0/8 ,, ::1");
    assertThat(AddressRange.read(new SettingsReader(set::get), Setting.TRUSTED_PROXIES))
        .containsExactly(
            new AddressRange(address("10.0.0.0"), 8), new AddressRange(address("::1"), 128));
    assertThat(AddressRange.read(new SettingsReader(name -> null), Setting.TRUSTED_PROXIES))
        .isEmpty();

    Map<String, String> bad = Map.of("TRUSTED_PROXIES", "10.0.0.0/8, proxy");
    assertThatThrownBy(
            () -> AddressRange.read(new SettingsReader(bad::get), Setting.TRUSTED_PROXIES))
        .isInstanceOf(InvalidSetting.class)
        .hasMessageStartingWith("TRUSTED_PROXIES")
        .hasMessageContaining("10.0.0.0/8, proxy")
        .hasMessageContaining("separated by commas");
  }
}
