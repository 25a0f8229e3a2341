package dev.betterbase.sync.rpc;

import static dev.betterbase.sync.testing.WebSocketWire.BINARY;
import static dev.betterbase.sync.testing.WebSocketWire.CLOSE;
import static dev.betterbase.sync.testing.WebSocketWire.CONTINUATION;
import static dev.betterbase.sync.testing.WebSocketWire.PING;
import static dev.betterbase.sync.testing.WebSocketWire.PONG;
import static dev.betterbase.sync.testing.WebSocketWire.TEXT;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.betterbase.sync.testing.WebSocketWire;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The cases of {@link AutobahnCasesIT}, but for those of texts. */
final class AutobahnCases {
  private AutobahnCases() {}

  static final String HELLO = "Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!";
  static final int NO_CODE = 1005;

  /**
   * One case.
   *
   * @param sent the bytes to send, write by write
   * @param expected the messages that come back before the end, as {@link #show} prints them
   * @param close the code that the server closes with, or answers our close with; 0 if the test
   *     closes with 1000 once everything has come
   */
  record Case(String number, List<byte[]> sent, List<String> expected, int close) {
    @Override
    public String toString() {
      return number;
    }
  }

  static byte[] frame(int opcode, boolean last, byte[] payload) {
    return WebSocketWire.frame(opcode, last, true, payload);
  }

  static byte[] frame(int opcode, byte[] payload) {
    return frame(opcode, true, payload);
  }

  static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  static byte[] filled(int length, int value) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  static byte[] joined(byte[]... parts) {
    var all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  static List<byte[]> chopped(byte[] bytes, int size) {
    List<byte[]> pieces = new ArrayList<>();
    for (int at = 0; at < bytes.length; at += size) {
      pieces.add(Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + size)));
    }
    return pieces;
  }

  static String show(int opcode, byte[] payload) {
    return opcode + ":" + payload.length + ":" + HexFormat.of().formatHex(digest(payload));
  }

  /** Long payloads are compared by their first and last bytes and a sum. */
  static byte[] digest(byte[] payload) {
    if (payload.length <= 64) {
      return payload;
    }
    return ByteBuffer.allocate(12)
        .put(payload, 0, 4)
        .put(payload, payload.length - 4, 4)
        .putInt(Arrays.hashCode(payload))
        .array();
  }

  static Case echoed(String number, int opcode, byte[] payload, int chop) {
    byte[] frame = frame(opcode, payload);
    return new Case(
        number,
        chop == 0 ? List.of(frame) : chopped(frame, chop),
        List.of(show(opcode, payload)),
        0);
  }

  static Case refused(String number, int code, byte[]... sent) {
    return new Case(number, List.of(sent), List.of(), code);
  }

  static Case answered(String number, List<byte[]> sent, String... expected) {
    return new Case(number, sent, List.of(expected), 0);
  }

  static Stream<Case> framing() {
    List<Case> cases = new ArrayList<>();
    int[] sizes = {0, 125, 126, 127, 128, 65_535, 65_536};
    for (int i = 0; i < sizes.length; i++) {
      cases.add(echoed("1.1." + (i + 1), TEXT, filled(sizes[i], '*'), 0));
      cases.add(echoed("1.2." + (i + 1), BINARY, filled(sizes[i], 0xFE), 0));
    }
    cases.add(echoed("1.1.8", TEXT, filled(65_536, '*'), 997));
    cases.add(echoed("1.2.8", BINARY, filled(65_536, 0xFE), 997));
    return cases.stream();
  }

  static Stream<Case> pingsAndPongs() {
    byte[] hello = "Hello, world!".getBytes(UTF_8);
    byte[] odd = bytes("00 ff fe fd fc fb 00 ff");
    byte[] longest = filled(125, 0xFE);
    List<byte[]> ten =
        IntStream.range(0, 10)
            .mapToObj(i -> frame(PING, ("payload-" + i).getBytes(UTF_8)))
            .toList();
    byte[] unsolicited = frame(PONG, "unsolicited".getBytes(UTF_8));
    return Stream.of(
        answered("2.1", List.of(frame(PING, new byte[0])), show(PONG, new byte[0])),
        answered("2.2", List.of(frame(PING, hello)), show(PONG, hello)),
        answered("2.3", List.of(frame(PING, odd)), show(PONG, odd)),
        answered("2.4", List.of(frame(PING, longest)), show(PONG, longest)),
        refused("2.5", 1002, frame(PING, filled(126, 0xFE))),
        answered("2.6", chopped(frame(PING, longest), 1), show(PONG, longest)),
        answered("2.7", List.of(frame(PONG, new byte[0]))),
        answered("2.8", List.of(unsolicited)),
        answered("2.9", List.of(unsolicited, frame(PING, hello)), show(PONG, hello)),
        new Case("2.10", ten, List.of("pings"), 0),
        new Case(
            "2.11",
            ten.stream().flatMap(ping -> chopped(ping, 1).stream()).toList(),
            List.of("pings"),
            0));
  }

  static Stream<Case> reservedBitsAndOpcodes() {
    byte[] hello = "Hello, world!".getBytes(UTF_8);
    byte[] good = frame(TEXT, hello);
    List<Case> cases = new ArrayList<>();
    cases.add(refused("3.1", 1002, withBits(frame(TEXT, hello), 4)));
    cases.add(afterEcho("3.2", good, withBits(frame(TEXT, hello), 3), frame(PING, new byte[0])));
    cases.add(
        afterEcho("3.3", joined(good, withBits(frame(TEXT, hello), 2), frame(PING, new byte[0]))));
    cases.add(
        new Case(
            "3.4",
            chopped(joined(good, withBits(frame(TEXT, hello), 1), frame(PING, new byte[0])), 1),
            List.of(show(TEXT, hello)),
            1002));
    cases.add(refused("3.5", 1002, withBits(frame(BINARY, bytes("00fffefdfcfb00ff")), 5)));
    cases.add(refused("3.6", 1002, withBits(frame(PING, hello), 6)));
    cases.add(refused("3.7", 1002, withBits(frame(CLOSE, bytes("03e8")), 7)));
    for (int control = 0; control <= 1; control++) {
      int first = control == 0 ? 3 : 11;
      String group = "4." + (control + 1) + ".";
      cases.add(refused(group + 1, 1002, frame(first, new byte[0])));
      cases.add(refused(group + 2, 1002, frame(first + 1, "reserved".getBytes(UTF_8))));
      cases.add(
          afterEcho(group + 3, good, frame(first + 2, new byte[0]), frame(PING, new byte[0])));
      cases.add(
          afterEcho(group + 4, joined(good, frame(first + 3, hello), frame(PING, new byte[0]))));
      cases.add(
          new Case(
              group + 5,
              chopped(joined(good, frame(first + 4, hello), frame(PING, new byte[0])), 1),
              List.of(show(TEXT, hello)),
              1002));
    }
    return cases.stream();
  }

  static byte[] withBits(byte[] frame, int bits) {
    frame[0] |= (byte) (bits << 4);
    return frame;
  }

  static Case afterEcho(String number, byte[]... sent) {
    return new Case(
        number, List.of(sent), List.of(show(TEXT, "Hello, world!".getBytes(UTF_8))), 1002);
  }

  static Stream<Case> fragments() {
    byte[] ping = frame(PING, "ping payload".getBytes(UTF_8));
    String pong = show(PONG, "ping payload".getBytes(UTF_8));
    byte[] one = frame(TEXT, false, "fragment1".getBytes(UTF_8));
    byte[] two = frame(CONTINUATION, "fragment2".getBytes(UTF_8));
    String both = show(TEXT, "fragment1fragment2".getBytes(UTF_8));
    byte[] stray = frame(CONTINUATION, true, "non-continuation payload".getBytes(UTF_8));
    byte[] strayOpen = frame(CONTINUATION, false, "non-continuation payload".getBytes(UTF_8));
    byte[] hello = frame(TEXT, "Hello, world!".getBytes(UTF_8));
    List<byte[]> five = new ArrayList<>();
    five.add(frame(TEXT, false, "fragment1".getBytes(UTF_8)));
    five.add(frame(CONTINUATION, false, "fragment2".getBytes(UTF_8)));
    five.add(frame(PING, "pongme 1!".getBytes(UTF_8)));
    five.add(frame(CONTINUATION, false, "fragment3".getBytes(UTF_8)));
    five.add(frame(CONTINUATION, false, "fragment4".getBytes(UTF_8)));
    five.add(frame(PING, "pongme 2!".getBytes(UTF_8)));
    five.add(frame(CONTINUATION, "fragment5".getBytes(UTF_8)));
    String[] fiveBack = {
      show(PONG, "pongme 1!".getBytes(UTF_8)),
      show(PONG, "pongme 2!".getBytes(UTF_8)),
      show(TEXT, "fragment1fragment2fragment3fragment4fragment5".getBytes(UTF_8))
    };
    byte[] whole = joined(five.toArray(byte[][]::new));
    return Stream.of(
        refused("5.1", 1002, frame(PING, false, "a".getBytes(UTF_8))),
        refused("5.2", 1002, frame(PONG, false, "a".getBytes(UTF_8))),
        answered("5.3", List.of(one, two), both),
        answered("5.4", List.of(joined(one, two)), both),
        answered("5.5", chopped(joined(one, two), 1), both),
        answered("5.6", List.of(one, ping, two), pong, both),
        answered("5.7", List.of(joined(one, ping, two)), pong, both),
        answered("5.8", chopped(joined(one, ping, two), 1), pong, both),
        refused("5.9", 1002, stray, hello),
        refused("5.10", 1002, joined(stray, hello)),
        new Case("5.11", chopped(joined(stray, hello), 1), List.of(), 1002),
        refused("5.12", 1002, strayOpen, hello),
        refused("5.13", 1002, joined(strayOpen, hello)),
        new Case("5.14", chopped(joined(strayOpen, hello), 1), List.of(), 1002),
        new Case(
            "5.15",
            List.of(
                one,
                two,
                frame(CONTINUATION, false, "fragment3".getBytes(UTF_8)),
                frame(TEXT, "fragment4".getBytes(UTF_8))),
            List.of(both),
            1002),
        refused("5.16", 1002, strayOpen, one, two, strayOpen),
        refused("5.17", 1002, stray, one, two, stray),
        refused("5.18", 1002, one, frame(TEXT, "fragment2".getBytes(UTF_8))),
        answered("5.19", five, fiveBack),
        answered("5.20", List.of(whole), fiveBack));
  }

  static Case fragmented(String number, byte[]... parts) {
    List<byte[]> frames = new ArrayList<>();
    for (int i = 0; i < parts.length; i++) {
      frames.add(frame(i == 0 ? TEXT : CONTINUATION, i == parts.length - 1, parts[i]));
    }
    return answered(number, frames, show(TEXT, joined(parts)));
  }

  static Stream<Case> closing() {
    byte[] hello = "Hello World!".getBytes(UTF_8);
    byte[] normal = frame(CLOSE, bytes("03e8"));
    List<Case> cases = new ArrayList<>();
    cases.add(
        new Case("7.1.1", List.of(frame(TEXT, hello), normal), List.of(show(TEXT, hello)), 1000));
    cases.add(refused("7.1.2", 1000, normal, normal));
    cases.add(refused("7.1.3", 1000, normal, frame(PING, new byte[0])));
    cases.add(refused("7.1.4", 1000, normal, frame(TEXT, hello)));
    cases.add(
        refused(
            "7.1.5",
            1000,
            frame(TEXT, false, hello),
            normal,
            frame(CONTINUATION, "fragment2".getBytes(UTF_8))));
    cases.add(refused("7.3.1", NO_CODE, frame(CLOSE, new byte[0])));
    cases.add(refused("7.3.2", 1002, frame(CLOSE, bytes("61"))));
    cases.add(refused("7.3.3", 1000, normal));
    cases.add(refused("7.3.4", 1000, frame(CLOSE, joined(bytes("03e8"), hello))));
    cases.add(refused("7.3.5", 1000, frame(CLOSE, joined(bytes("03e8"), filled(123, '*')))));
    cases.add(refused("7.3.6", 1002, frame(CLOSE, joined(bytes("03e8"), filled(124, '*')))));
    cases.add(
        refused(
            "7.5.1",
            1007,
            frame(
                CLOSE, joined(bytes("03e8"), bytes("cebae1bdb9cf83cebcceb5eda080656469746564")))));
    int[] good = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999};
    for (int i = 0; i < good.length; i++) {
      cases.add(refused("7.7." + (i + 1), good[i], frame(CLOSE, code(good[i]))));
    }
    int[] bad = {0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999};
    for (int i = 0; i < bad.length; i++) {
      cases.add(refused("7.9." + (i + 1), 1002, frame(CLOSE, code(bad[i]))));
    }
    cases.add(refused("7.13.1", 1002, frame(CLOSE, code(5000))));
    cases.add(refused("7.13.2", 1002, frame(CLOSE, code(65_535))));
    return cases.stream();
  }

  static byte[] code(int code) {
    return new byte[] {(byte) (code >> 8), (byte) code};
  }

  /** One of each kind of the large ones, and what costs little. */
  static Stream<Case> someLarge() {
    // As one message, cut by the sender into frames of 1,300 bytes.
    byte[][] parts = chopped(filled(65_536, '*'), 1_300).toArray(byte[][]::new);
    return Stream.of(
        echoed("9.1.2", TEXT, filled(256 << 10, '*'), 0),
        echoed("9.2.3", BINARY, filled(1 << 20, 0xFE), 0),
        inFragments("9.3.6", TEXT, '*', 64 << 10),
        inFragments("9.4.5", BINARY, 0xFE, 16 << 10),
        echoed("9.5.6", TEXT, filled(1 << 20, '*'), 2048),
        echoed("9.6.5", BINARY, filled(1 << 20, 0xFE), 1024),
        oftenEchoed("9.7.1", TEXT, new byte[0]),
        oftenEchoed("9.8.2", BINARY, filled(16, 0xFE)),
        fragmented("10.1.1", parts));
  }

  static Stream<Case> large() {
    List<Case> cases = new ArrayList<>();
    int[] sizes = {64 << 10, 256 << 10, 1 << 20, 4 << 20, 8 << 20, 16 << 20};
    for (int i = 0; i < sizes.length; i++) {
      cases.add(echoed("9.1." + (i + 1), TEXT, filled(sizes[i], '*'), 0));
      cases.add(echoed("9.2." + (i + 1), BINARY, filled(sizes[i], 0xFE), 0));
    }
    int[] fragments = {64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20};
    for (int i = 0; i < fragments.length; i++) {
      cases.add(inFragments("9.3." + (i + 1), TEXT, '*', fragments[i]));
      cases.add(inFragments("9.4." + (i + 1), BINARY, 0xFE, fragments[i]));
    }
    int[] chops = {64, 128, 256, 512, 1024, 2048};
    for (int i = 0; i < chops.length; i++) {
      cases.add(echoed("9.5." + (i + 1), TEXT, filled(1 << 20, '*'), chops[i]));
      cases.add(echoed("9.6." + (i + 1), BINARY, filled(1 << 20, 0xFE), chops[i]));
    }
    int[] repeated = {0, 16, 64, 256, 1024, 4096};
    for (int i = 0; i < repeated.length; i++) {
      cases.add(oftenEchoed("9.7." + (i + 1), TEXT, filled(repeated[i], '*')));
      cases.add(oftenEchoed("9.8." + (i + 1), BINARY, filled(repeated[i], 0xFE)));
    }
    return cases.stream();
  }

  /** 4 MiB. */
  static Case inFragments(String number, int opcode, int value, int size) {
    byte[] whole = filled(4 << 20, value);
    List<byte[]> parts = chopped(whole, size);
    List<byte[]> frames = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      frames.add(frame(i == 0 ? opcode : CONTINUATION, i == parts.size() - 1, parts.get(i)));
    }
    return answered(number, frames, show(opcode, whole));
  }

  static Case oftenEchoed(String number, int opcode, byte[] payload) {
    int times = 1_000;
    return new Case(
        number,
        IntStream.range(0, times).mapToObj(i -> frame(opcode, payload)).toList(),
        IntStream.range(0, times).mapToObj(i -> show(opcode, payload)).toList(),
        0);
  }
}
