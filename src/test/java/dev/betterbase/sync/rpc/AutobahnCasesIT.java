package dev.betterbase.sync.rpc;

import static dev.betterbase.sync.testing.WebSocketWire.BINARY;
import static dev.betterbase.sync.testing.WebSocketWire.CLOSE;
import static dev.betterbase.sync.testing.WebSocketWire.CONTINUATION;
import static dev.betterbase.sync.testing.WebSocketWire.PING;
import static dev.betterbase.sync.testing.WebSocketWire.PONG;
import static dev.betterbase.sync.testing.WebSocketWire.TEXT;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.WebSocketWire;
import dev.betterbase.sync.testing.WebSocketWire.Incoming;
import java.io.ByteArrayOutputStream;
import java.io.UncheckedIOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The cases of the Autobahn test suite for servers, each under its own number, against the upgrade
 * transport on Payara Micro with a listener that echoes. The suite itself runs on Python 2 only.
 * Compression (12, 13) is not offered. If the suite accepts several outcomes, the strict one is
 * expected.
 */
@IntegrationTest
@Order(1)
class AutobahnCasesIT {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final String HELLO = "Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!";
  private static final int NO_CODE = 1005;

  private final ProbeServer server = ProbeServer.shared();

  /**
   * One case.
   *
   * @param sent the bytes to send, write by write
   * @param expected the messages that come back before the end, as {@link #show} prints them
   * @param close the code that the server closes with, or answers our close with; 0 if the test
   *     closes with 1000 once everything has come
   */
  private record Case(String number, List<byte[]> sent, List<String> expected, int close) {
    @Override
    public String toString() {
      return number;
    }
  }

  private static byte[] frame(int opcode, boolean last, byte[] payload) {
    return WebSocketWire.frame(opcode, last, true, payload);
  }

  private static byte[] frame(int opcode, byte[] payload) {
    return frame(opcode, true, payload);
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  private static byte[] filled(int length, int value) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  private static byte[] joined(byte[]... parts) {
    var all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  private static List<byte[]> chopped(byte[] bytes, int size) {
    List<byte[]> pieces = new ArrayList<>();
    for (int at = 0; at < bytes.length; at += size) {
      pieces.add(Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + size)));
    }
    return pieces;
  }

  private static String show(int opcode, byte[] payload) {
    return opcode + ":" + payload.length + ":" + HexFormat.of().formatHex(digest(payload));
  }

  /** Long payloads are compared by their first and last bytes and a sum. */
  private static byte[] digest(byte[] payload) {
    if (payload.length <= 64) {
      return payload;
    }
    return ByteBuffer.allocate(12)
        .put(payload, 0, 4)
        .put(payload, payload.length - 4, 4)
        .putInt(Arrays.hashCode(payload))
        .array();
  }

  private static Case echoed(String number, int opcode, byte[] payload, int chop) {
    byte[] frame = frame(opcode, payload);
    return new Case(
        number,
        chop == 0 ? List.of(frame) : chopped(frame, chop),
        List.of(show(opcode, payload)),
        0);
  }

  private static Case refused(String number, int code, byte[]... sent) {
    return new Case(number, List.of(sent), List.of(), code);
  }

  private static Case answered(String number, List<byte[]> sent, String... expected) {
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

  private static byte[] withBits(byte[] frame, int bits) {
    frame[0] |= (byte) (bits << 4);
    return frame;
  }

  private static Case afterEcho(String number, byte[]... sent) {
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

  static Stream<Case> validUtf8() {
    byte[] hello = HELLO.getBytes(UTF_8);
    List<Case> cases = new ArrayList<>();
    cases.add(echoed("6.1.1", TEXT, new byte[0], 0));
    cases.add(fragmented("6.1.2", new byte[0], new byte[0], new byte[0]));
    cases.add(fragmented("6.1.3", new byte[0], "middle".getBytes(UTF_8), new byte[0]));
    cases.add(echoed("6.2.1", TEXT, hello, 0));
    cases.add(
        fragmented("6.2.2", Arrays.copyOf(hello, 12), Arrays.copyOfRange(hello, 12, hello.length)));
    cases.add(fragmented("6.2.3", chopped(hello, 1).toArray(byte[][]::new)));
    cases.add(
        fragmented("6.2.4", chopped(bytes("cebae1bdb9cf83cebcceb5"), 1).toArray(byte[][]::new)));
    String[] valid = {
      "6.5.1 61",
      "6.5.2 7f",
      "6.5.3 c280",
      "6.5.4 dfbf",
      "6.5.5 e0a080",
      "6.6.2 ceba",
      "6.6.5 cebae1bdb9",
      "6.6.7 cebae1bdb9cf83",
      "6.6.9 cebae1bdb9cf83cebc",
      "6.6.11 cebae1bdb9cf83cebcceb5",
      "6.7.1 00",
      "6.7.2 c280",
      "6.7.3 e0a080",
      "6.7.4 f0908080",
      "6.9.1 7f",
      "6.9.2 dfbf",
      "6.9.3 efbfbf",
      "6.9.4 f48fbfbf",
      "6.11.1 ed9fbf",
      "6.11.2 ee8080",
      "6.11.3 efbfbd",
      "6.11.4 f48fbfbf",
      "6.23.1 efbfb9",
      "6.23.2 efbfba",
      "6.23.3 efbfbb",
      "6.23.4 efbfbc",
      "6.23.5 efbfbd",
      "6.23.6 efbfbe",
      "6.23.7 efbfbf"
    };
    for (String each : valid) {
      String[] parts = each.split(" ", 2);
      cases.add(echoed(parts[0], TEXT, bytes(parts[1]), 0));
    }
    // Non-characters, the last two of each plane, are valid.
    for (int plane = 0; plane <= 16; plane++) {
      for (int i = 0; i < 2; i++) {
        String character = Character.toString((plane << 16) + 0xFFFE + i);
        cases.add(echoed("6.22." + (2 * plane + i + 1), TEXT, character.getBytes(UTF_8), 0));
      }
    }
    return cases.stream();
  }

  private static Case fragmented(String number, byte[]... parts) {
    List<byte[]> frames = new ArrayList<>();
    for (int i = 0; i < parts.length; i++) {
      frames.add(frame(i == 0 ? TEXT : CONTINUATION, i == parts.length - 1, parts[i]));
    }
    return answered(number, frames, show(TEXT, joined(parts)));
  }

  static Stream<Case> invalidUtf8() {
    byte[] good = bytes("cebae1bdb9cf83cebcceb5");
    byte[] surrogate = bytes("eda080");
    byte[] beyond = bytes("f4908080");
    byte[] after = "edited".getBytes(UTF_8);
    List<Case> cases = new ArrayList<>();
    cases.add(refused("6.3.1", 1007, frame(TEXT, joined(good, surrogate, after))));
    cases.add(
        new Case(
            "6.3.2",
            chopped(joined(good, surrogate, after), 1).stream()
                .limit(1)
                .map(first -> frame(TEXT, joined(good, surrogate, after)))
                .flatMap(frame -> chopped(frame, 1).stream())
                .toList(),
            List.of(),
            1007));
    // The text never ends: the fault must be seen as soon as it comes.
    cases.add(refused("6.4.1", 1007, frame(TEXT, false, good), frame(CONTINUATION, false, beyond)));
    cases.add(
        refused(
            "6.4.2",
            1007,
            frame(TEXT, false, joined(good, bytes("f4"))),
            frame(CONTINUATION, false, bytes("90"))));
    byte[] long3 = frame(TEXT, joined(good, beyond, after));
    cases.add(refused("6.4.3", 1007, Arrays.copyOf(long3, 6 + good.length + beyond.length)));
    cases.add(refused("6.4.4", 1007, Arrays.copyOf(long3, 6 + good.length + 2)));
    String[] invalid = {
      "6.6.1 ce",
      "6.6.3 cebae1",
      "6.6.4 cebae1bd",
      "6.6.6 cebae1bdb9cf",
      "6.6.8 cebae1bdb9cf83ce",
      "6.6.10 cebae1bdb9cf83cebcce",
      "6.8.1 f888808080",
      "6.8.2 fc8480808080",
      "6.10.1 f7bfbfbf",
      "6.10.2 fbbfbfbfbf",
      "6.10.3 fdbfbfbfbfbf",
      "6.11.5 f4908080",
      "6.12.1 80",
      "6.12.2 bf",
      "6.12.3 80bf",
      "6.12.4 80bf80",
      "6.12.5 80bf80bf",
      "6.12.6 80bf80bf80",
      "6.12.7 80bf80bf80bf",
      "6.12.8 808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7",
      "6.13.1 c020c120c220c320",
      "6.13.2 e020e120e220",
      "6.13.3 f020f120f220f320",
      "6.13.4 f820f920fa20fb20",
      "6.13.5 fc20fd20",
      "6.14.1 c0",
      "6.14.2 e080",
      "6.14.3 f08080",
      "6.14.4 f8808080",
      "6.14.5 fc80808080",
      "6.14.6 df",
      "6.14.7 efbf",
      "6.14.8 f7bfbf",
      "6.14.9 fbbfbfbf",
      "6.14.10 fdbfbfbfbf",
      "6.15.1 c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf",
      "6.16.1 fe",
      "6.16.2 ff",
      "6.16.3 fefeffff",
      "6.17.1 c0af",
      "6.17.2 e080af",
      "6.17.3 f08080af",
      "6.17.4 f8808080af",
      "6.17.5 fc80808080af",
      "6.18.1 c1bf",
      "6.18.2 e09fbf",
      "6.18.3 f08fbfbf",
      "6.18.4 f887bfbfbf",
      "6.18.5 fc83bfbfbfbf",
      "6.19.1 c080",
      "6.19.2 e08080",
      "6.19.3 f0808080",
      "6.19.4 f880808080",
      "6.19.5 fc8080808080",
      "6.20.1 eda080",
      "6.20.2 edadbf",
      "6.20.3 edae80",
      "6.20.4 edafbf",
      "6.20.5 edb080",
      "6.20.6 edbe80",
      "6.20.7 edbfbf",
      "6.21.1 eda080edb080",
      "6.21.2 eda080edbfbf",
      "6.21.3 edadbfedb080",
      "6.21.4 edadbfedbfbf",
      "6.21.5 edae80edb080",
      "6.21.6 edae80edbfbf",
      "6.21.7 edafbfedb080",
      "6.21.8 edafbfedbfbf"
    };
    for (String each : invalid) {
      String[] parts = each.split(" ", 2);
      cases.add(refused(parts[0], 1007, frame(TEXT, bytes(parts[1]))));
    }
    return cases.stream();
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

  private static byte[] code(int code) {
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
  private static Case inFragments(String number, int opcode, int value, int size) {
    byte[] whole = filled(4 << 20, value);
    List<byte[]> parts = chopped(whole, size);
    List<byte[]> frames = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      frames.add(frame(i == 0 ? opcode : CONTINUATION, i == parts.size() - 1, parts.get(i)));
    }
    return answered(number, frames, show(opcode, whole));
  }

  private static Case oftenEchoed(String number, int opcode, byte[] payload) {
    int times = 1_000;
    return new Case(
        number,
        IntStream.range(0, times).mapToObj(i -> frame(opcode, payload)).toList(),
        IntStream.range(0, times).mapToObj(i -> show(opcode, payload)).toList(),
        0);
  }

  @ParameterizedTest
  @MethodSource({
    "framing",
    "pingsAndPongs",
    "reservedBitsAndOpcodes",
    "fragments",
    "validUtf8",
    "invalidUtf8",
    "closing",
    "someLarge"
  })
  void autobahn(Case given) throws InterruptedException {
    run(given);
  }

  @ParameterizedTest
  @NightlyTest
  @MethodSource("large")
  void autobahnLarge(Case given) throws InterruptedException {
    run(given);
  }

  private void run(Case given) throws InterruptedException {
    try (WebSocketWire wire = WebSocketWire.connect(server.port(), 0)) {
      assertThat(
              wire.handshake("/echo", "Sec-WebSocket-Protocol: " + ProbeApplication.SUBPROTOCOL)
                  .status())
          .isEqualTo(101);
      Thread writer = Thread.ofPlatform().start(() -> given.sent().forEach(wire::sendRaw));
      List<String> got = new ArrayList<>();
      @Nullable Incoming last = null;
      boolean pings = given.expected().equals(List.of("pings"));
      int wanted = pings ? 10 : given.expected().size();
      while (last == null && (given.close() != 0 || got.size() < wanted)) {
        Incoming incoming = wire.read(pings ? Duration.ofSeconds(1) : LIMIT).orElse(null);
        switch (incoming) {
          case Incoming.Text(String payload) -> got.add(show(TEXT, payload.getBytes(UTF_8)));
          case Incoming.Binary(byte[] payload) -> got.add(show(BINARY, payload));
          case Incoming.Pong(byte[] payload) -> got.add(show(PONG, payload));
          case null -> {
            assertThat(pings).as("nothing came").isTrue();
            wanted = got.size();
          }
          default -> last = incoming;
        }
      }
      if (pings) {
        // Of several waiting pings, only the last one need be answered (RFC 6455, section 5.5.3).
        assertThat(got).last().isEqualTo(show(PONG, "payload-9".getBytes(UTF_8)));
      } else {
        assertThat(got).isEqualTo(given.expected());
      }
      writer.join(LIMIT.toMillis());
      end(wire, given, last);
    }
  }

  private static void end(WebSocketWire wire, Case given, @Nullable Incoming seen) {
    @Nullable Incoming last = seen;
    if (given.close() == 0) {
      wire.send(CLOSE, bytes("03e8"));
      last = wire.read(LIMIT).orElseThrow();
    }
    int expected = given.close() == 0 ? 1000 : given.close();
    assertThat(last)
        .isInstanceOfSatisfying(
            Incoming.Close.class, close -> assertThat(close.code()).isEqualTo(expected));
    if (given.close() == 1002 || given.close() == 1007) {
      answer(wire);
    }
    assertThat(wire.read(LIMIT)).get().isInstanceOf(Incoming.End.class);
  }

  /**
   * Answers the close frame of the server. After a violation the server need not wait for the
   * answer (RFC 6455, section 7.1.7): if the client had sent more behind the bad frame, the server
   * has ended the connection, and writing may fail.
   */
  private static void answer(WebSocketWire wire) {
    try {
      wire.send(CLOSE, bytes("03e8"));
    } catch (UncheckedIOException e) {
      assertThat(e).hasCauseInstanceOf(SocketException.class);
    }
  }
}
