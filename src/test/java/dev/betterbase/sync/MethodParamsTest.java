package dev.betterbase.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.betterbase.sync.MethodTable.Field;
import dev.betterbase.sync.MethodTable.Method;
import dev.betterbase.sync.protocol.Cbor;
import dev.betterbase.sync.protocol.ErrorCode;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.FrameReader;
import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.protocol.InboundFrame;
import dev.betterbase.sync.protocol.Params;
import dev.betterbase.sync.protocol.ProtocolViolation;
import dev.betterbase.sync.protocol.WireError;
import dev.betterbase.sync.rpc.FakeTransport;
import dev.betterbase.sync.rpc.TestNode;
import dev.betterbase.sync.rpc.method.RpcHandler;
import dev.betterbase.sync.rpc.method.RpcHandler.Callers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The params of every method, field by field (methods.md and federation.md). A required field that
 * is missing, null or undefined is {@code invalid_params} with the method's own text. So is any
 * field of the wrong type or out of range. An optional field may be missing, null or undefined.
 */
class MethodParamsTest {
  private static final String NULL = "f6";
  private static final String UNDEFINED = "f7";

  /** Params of a method, with what is said of them. */
  private record Case(Method method, String what, String params) {
    @Override
    public String toString() {
      return method + ": " + what;
    }
  }

  static Stream<Case> taken() {
    return MethodTable.METHODS.stream().flatMap(MethodParamsTest::taken);
  }

  private static Stream<Case> taken(Method method) {
    List<Case> cases = new ArrayList<>();
    cases.add(new Case(method, "all fields", method.params(null, null)));
    forEach(
        method,
        (path, field) -> {
          if (!field.required()) {
            cases.addAll(absent(method, path, field));
          }
        });
    return cases.stream();
  }

  static Stream<Case> refused() {
    return MethodTable.METHODS.stream().flatMap(MethodParamsTest::refused);
  }

  private static Stream<Case> refused(Method method) {
    List<Case> cases = new ArrayList<>();
    for (String bad : List.of("80", "07", "6178", "40", "f5")) {
      cases.add(new Case(method, "no map, but " + bad, bad));
    }
    cases.add(new Case(method, "null", NULL));
    cases.add(new Case(method, "undefined", UNDEFINED));
    forEach(
        method,
        (path, field) -> {
          if (field.required()) {
            cases.addAll(absent(method, path, field));
          }
          for (String bad : field.type().bad()) {
            cases.add(new Case(method, path + " is " + bad, method.params(field, bad)));
          }
        });
    return cases.stream();
  }

  private static List<Case> absent(Method method, String path, Field field) {
    return List.of(
        new Case(method, path + " is missing", method.params(field, null)),
        new Case(method, path + " is null", method.params(field, NULL)),
        new Case(method, path + " is undefined", method.params(field, UNDEFINED)));
  }

  private static void forEach(Method method, BiConsumer<String, Field> each) {
    for (Field field : method.fields()) {
      each.accept(field.name(), field);
      field.fields().forEach(inner -> each.accept(field.name() + "[]." + inner.name(), inner));
    }
  }

  @Test
  void everyMethodIsInTheTable() {
    for (Callers callers : List.of(Callers.CLIENTS, Callers.PEERS)) {
      assertThat(MethodTable.METHODS.stream().filter(method -> method.callers().include(callers)))
          .extracting(Method::name)
          .containsExactlyInAnyOrderElementsOf(
              handlers(callers).flatMap(handler -> handler.methods().stream()).toList());
    }
  }

  @ParameterizedTest
  @MethodSource("taken")
  void readsWhatIsComplete(Case each) throws ProtocolViolation {
    for (Callers callers : callers(each.method())) {
      assertThat(handler(each.method(), callers).read(params(each).reader())).isNotNull();
    }
  }

  @ParameterizedTest
  @MethodSource("refused")
  void refusesWhatIsNot(Case each) throws ProtocolViolation {
    for (Callers callers : callers(each.method())) {
      RpcHandler<?> handler = handler(each.method(), callers);
      Params params = params(each);
      assertThatExceptionOfType(Failure.InvalidParams.class)
          .isThrownBy(() -> handler.read(params.reader()));
      assertThat(answers(each, callers))
          .containsExactlyElementsOf(
              each.method().error() == null
                  ? List.of()
                  : List.of(
                      FrameWriter.error(
                          "a", new WireError(ErrorCode.INVALID_PARAMS, each.method().error()))));
    }
  }

  /** The frames with which a node answers; it keeps the connection. */
  private static List<byte[]> answers(Case each, Callers callers) {
    var transport = new FakeTransport();
    new TestNode(callers, MethodVectorsTest.HANDLERS)
        .connect(transport, "alice")
        .binary(frame(each));
    assertThat(transport.close()).isNull();
    return transport.sent();
  }

  private static byte[] frame(Case each) {
    String rest =
        Cbor.text("method") + Cbor.text(each.method().name()) + Cbor.text("params") + each.params();
    return each.method().error() == null
        ? Cbor.bytes("a3" + Cbor.text("type") + "02" + rest)
        : Cbor.bytes("a4" + Cbor.text("type") + "00" + Cbor.text("id") + "6161" + rest);
  }

  private static Params params(Case each) throws ProtocolViolation {
    return switch (FrameReader.read(frame(each))) {
      case InboundFrame.Request request -> request.params();
      case InboundFrame.Notification notification -> notification.params();
      case InboundFrame.Ignored() -> throw new AssertionError("the frame is ignored");
    };
  }

  private static List<Callers> callers(Method method) {
    return Stream.of(Callers.CLIENTS, Callers.PEERS)
        .filter(callers -> method.callers().include(callers))
        .toList();
  }

  private static Stream<RpcHandler<?>> handlers(Callers callers) {
    return Arrays.stream(MethodVectorsTest.HANDLERS)
        .filter(handler -> handler.callers().include(callers));
  }

  private static RpcHandler<?> handler(Method method, Callers callers) {
    return handlers(callers)
        .filter(handler -> handler.methods().contains(method.name()))
        .findAny()
        .orElseThrow();
  }
}
