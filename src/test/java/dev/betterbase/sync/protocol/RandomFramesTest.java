package dev.betterbase.sync.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.Vectors;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many random messages, the same ones in every run. */
class RandomFramesTest {
  private static final int ROUNDS = 5_000;

  private static final Map<String, Object> CHANGE =
      Map.of("id", "", "blob", ByteBuffer.allocate(0), "expected_cursor", 0L);

  /** The params that the readers expect. */
  private static final List<Object> SHAPES =
      List.of(
          Map.of("space", "", "ucan", "", "changes", List.of(CHANGE, CHANGE)),
          Map.of("spaces", List.of(Map.of("id", "", "since", 0L, "presence", true))),
          Map.of("spaces", List.of("", "")),
          List.of("", 0L));

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void nothingButARefusalComesOfGarbage(long seed) {
    Random random = new Random(seed);
    List<byte[]> frames =
        Vectors.of("frames.json").map(c -> c.hex("hex")).filter(f -> f.length > 0).toList();
    int read = 0;
    for (int i = 0; i < ROUNDS; i++) {
      byte[] message =
          i % 4 == 0 ? noise(random) : mutated(random, frames.get(random.nextInt(frames.size())));
      read += readsWhole(message, random) ? 1 : 0;
    }
    assertThat(read).as("messages that could be read nevertheless").isPositive();
  }

  private static byte[] noise(Random random) {
    byte[] message = new byte[1 + random.nextInt(60)];
    random.nextBytes(message);
    return message;
  }

  private static byte[] mutated(Random random, byte[] frame) {
    byte[] message = frame.clone();
    for (int i = random.nextInt(3); i >= 0; i--) {
      message[random.nextInt(message.length)] = (byte) random.nextInt(256);
    }
    return message;
  }

  private static boolean readsWhole(byte[] message, Random random) {
    try {
      FrameReader.readAuth(message);
    } catch (ProtocolViolation refused) {
      assertThat(refused.close().code()).isEqualTo(CloseCode.AUTH_FAILED);
    }
    try {
      Params params =
          switch (FrameReader.read(message)) {
            case InboundFrame.Request request -> request.params();
            case InboundFrame.Notification notification -> notification.params();
            case InboundFrame.Ignored ignored -> Params.notGiven();
          };
      CborValues.read(params.reader(), SHAPES.get(random.nextInt(SHAPES.size())));
      return true;
    } catch (ProtocolViolation refused) {
      assertThat(refused.close()).isEqualTo(Close.INVALID_FRAME);
      return false;
    } catch (Failure.InvalidParams refused) {
      return false;
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void aValueIsReadAsItWasWrittenInWhicheverForm(long seed) throws ProtocolViolation {
    Random random = new Random(seed);
    for (int i = 0; i < ROUNDS / 5; i++) {
      Object value = value(random, 5);
      assertThat(CborValues.read(Cbor.reader(anyForm(random, value)), value)).isEqualTo(value);
      byte[] written = FrameWriter.notification("m", w -> CborValues.write(w, value));
      Params params = ((InboundFrame.Notification) FrameReader.read(written)).params();
      assertThat(CborValues.read(params.reader(), value)).isEqualTo(value);
    }
  }

  private static Object value(Random random, int depth) {
    return switch (random.nextInt(depth == 0 ? 4 : 6)) {
      case 0 -> random.nextLong() >> random.nextInt(64);
      case 1 -> random.nextBoolean();
      case 2 -> text(random);
      case 3 -> {
        byte[] bytes = new byte[random.nextInt(random.nextInt(10) == 0 ? 1_000 : 30)];
        random.nextBytes(bytes);
        yield ByteBuffer.wrap(bytes);
      }
      case 4 -> {
        List<Object> list = new ArrayList<>();
        for (int i = random.nextInt(5); i > 0; i--) {
          list.add(value(random, depth - 1));
        }
        yield list;
      }
      default -> {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = random.nextInt(5); i > 0; i--) {
          map.put(text(random), value(random, depth - 1));
        }
        yield map;
      }
    };
  }

  private static String text(Random random) {
    var text = new StringBuilder();
    for (int i = random.nextInt(random.nextInt(10) == 0 ? 1_500 : 30); i > 0; i--) {
      int codePoint = random.nextInt(Character.MAX_CODE_POINT + 1) >> random.nextInt(21);
      text.appendCodePoint(isSurrogate(codePoint) ? 'x' : codePoint);
    }
    return text.toString();
  }

  private static boolean isSurrogate(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }

  private static String anyForm(Random random, Object value) {
    return switch (value) {
      case Long integer -> integer < 0 ? head(random, 1, ~integer) : head(random, 0, integer);
      case Boolean bool -> bool ? "f5" : "f4";
      case String text ->
          string(
              random,
              3,
              Cbor.text(text),
              text.codePoints().mapToObj(c -> Cbor.text(Character.toString(c))).toList());
      case ByteBuffer bytes -> string(random, 2, definite(bytes), chunks(bytes));
      case List<?> list -> {
        var elements = new StringBuilder();
        list.forEach(element -> elements.append(anyForm(random, element)));
        yield random.nextBoolean()
            ? "9f" + elements + "ff"
            : head(random, 4, list.size()) + elements;
      }
      case Map<?, ?> map -> {
        var entries = new StringBuilder();
        map.forEach(
            (key, element) ->
                entries.append(anyForm(random, key)).append(anyForm(random, element)));
        yield random.nextBoolean() ? "bf" + entries + "ff" : head(random, 5, map.size()) + entries;
      }
      default -> throw new IllegalArgumentException("no CBOR value: " + value);
    };
  }

  private static String string(Random random, int majorType, String definite, List<String> chunks) {
    if (random.nextBoolean()) {
      return definite;
    }
    return "%02x%sff".formatted(majorType << 5 | 31, String.join("", chunks));
  }

  private static String definite(ByteBuffer bytes) {
    return Cbor.head(2, bytes.remaining()) + HexFormat.of().formatHex(CborValues.content(bytes));
  }

  private static List<String> chunks(ByteBuffer bytes) {
    List<String> chunks = new ArrayList<>();
    for (byte b : CborValues.content(bytes)) {
      chunks.add(definite(ByteBuffer.wrap(new byte[] {b})));
    }
    return chunks;
  }

  /** A head in its shortest form or a wider one. */
  private static String head(Random random, int majorType, long argument) {
    String shortest = Cbor.head(majorType, argument);
    int first = majorType << 5;
    return switch (random.nextInt(4)) {
      case 0 -> "%02x%016x".formatted(first | 27, argument);
      case 1 -> shortest.length() <= 10 ? "%02x%08x".formatted(first | 26, argument) : shortest;
      case 2 -> shortest.length() <= 6 ? "%02x%04x".formatted(first | 25, argument) : shortest;
      default -> shortest;
    };
  }
}
