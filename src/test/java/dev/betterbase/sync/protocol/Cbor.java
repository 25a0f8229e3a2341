package dev.betterbase.sync.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.HexFormat;

/** CBOR written in hex, for encodings that a well-behaved writer would not produce. */
public final class Cbor {
  private Cbor() {}

  /** Decodes hex digits; blanks are ignored. */
  public static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  /** A text string in its shortest form, in hex. */
  public static String text(String text) {
    byte[] utf8 = text.getBytes(UTF_8);
    return head(3, utf8.length) + HexFormat.of().formatHex(utf8);
  }

  /** A head in its shortest form, in hex. */
  public static String head(int majorType, long argument) {
    int first = majorType << 5;
    if (argument < 0) {
      return "%02x%016x".formatted(first | 27, argument);
    }
    if (argument < 24) {
      return "%02x".formatted(first | argument);
    }
    if (argument < 0x100) {
      return "%02x%02x".formatted(first | 24, argument);
    }
    if (argument < 0x1_0000) {
      return "%02x%04x".formatted(first | 25, argument);
    }
    return argument < 0x1_0000_0000L
        ? "%02x%08x".formatted(first | 26, argument)
        : "%02x%016x".formatted(first | 27, argument);
  }

  /** A request {@code {type: 0, id: "a", method: "m", params: <hex>}}. */
  static byte[] request(String params) {
    return bytes("a4 6474797065 00 626964 6161 666d6574686f64 616d 66706172616d73" + params);
  }

  /** Params {@code {x: <hex>, y: 1}} of a request. */
  static byte[] inUnknownParam(String value) {
    return request("a2 6178 " + value + "6179 01");
  }

  /** A request with one more entry {@code x: <hex>} first in its envelope. */
  static byte[] inUnknownField(String value) {
    return bytes("a3 6178 " + value + "6474797065 00 626964 6161");
  }

  /** A reader positioned before a value. */
  static CborReader reader(String value) throws ProtocolViolation {
    return ((InboundFrame.Request) FrameReader.read(request(value))).params().reader();
  }
}
