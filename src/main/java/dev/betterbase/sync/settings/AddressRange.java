package dev.betterbase.sync.settings;

import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A range of IP addresses in CIDR notation (RFC 4632, section 3.1).
 *
 * @param first an address in the range
 * @param bits the number of bits, from the first, that all addresses in the range share
 */
public record AddressRange(InetAddress first, int bits) {
  private static final Pattern CIDR = Pattern.compile("([^/]+)(?:/(0|[1-9][0-9]{0,2}))?");

  public AddressRange {
    if (bits < 0 || bits > length(first)) {
      throw new IllegalArgumentException("a prefix of " + bits + " bits");
    }
  }

  /** The ranges in a comma-separated list; none if it is not set. */
  static List<AddressRange> read(SettingsReader reader, Setting setting) {
    return reader
        .findSet(setting)
        .map(
            given ->
                SettingsReader.split(given.value(), ",").stream()
                    .map(
                        text ->
                            parse(text)
                                .orElseThrow(
                                    () ->
                                        given.expected(
                                            "IP addresses or ranges such as 10.0.0.0/8 or"
                                                + " fd00::/8, separated by commas")))
                    .toList())
        .orElse(List.of());
  }

  /**
   * Parses a range, or an address, which is a range of one.
   *
   * @return empty if the text is neither
   */
  static Optional<AddressRange> parse(String text) {
    Matcher cidr = CIDR.matcher(text);
    if (!cidr.matches()) {
      return Optional.empty();
    }
    String bits = cidr.group(2);
    return IpLiteral.parse(cidr.group(1))
        .filter(address -> bits == null || Integer.parseInt(bits) <= length(address))
        .map(
            address ->
                new AddressRange(address, bits == null ? length(address) : Integer.parseInt(bits)));
  }

  /** Whether an address is in the range; never one of the other version of IP. */
  public boolean contains(InetAddress address) {
    byte[] own = first.getAddress();
    byte[] other = address.getAddress();
    if (own.length != other.length) {
      return false;
    }
    for (int bit = 0; bit < bits; bit++) {
      int mask = 0x80 >> (bit % 8);
      if ((own[bit / 8] & mask) != (other[bit / 8] & mask)) {
        return false;
      }
    }
    return true;
  }

  private static int length(InetAddress address) {
    return Byte.SIZE * address.getAddress().length;
  }
}
