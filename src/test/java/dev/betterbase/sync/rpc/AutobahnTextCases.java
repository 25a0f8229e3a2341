package dev.betterbase.sync.rpc;

import static dev.betterbase.sync.rpc.AutobahnCases.HELLO;
import static dev.betterbase.sync.rpc.AutobahnCases.bytes;
import static dev.betterbase.sync.rpc.AutobahnCases.chopped;
import static dev.betterbase.sync.rpc.AutobahnCases.echoed;
import static dev.betterbase.sync.rpc.AutobahnCases.fragmented;
import static dev.betterbase.sync.rpc.AutobahnCases.frame;
import static dev.betterbase.sync.rpc.AutobahnCases.joined;
import static dev.betterbase.sync.rpc.AutobahnCases.refused;
import static dev.betterbase.sync.testing.WebSocketWire.CONTINUATION;
import static dev.betterbase.sync.testing.WebSocketWire.TEXT;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.betterbase.sync.rpc.AutobahnCases.Case;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** The cases of {@link AutobahnCasesIT} about texts: valid and invalid UTF-8. */
final class AutobahnTextCases {
  private AutobahnTextCases() {}

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
}
