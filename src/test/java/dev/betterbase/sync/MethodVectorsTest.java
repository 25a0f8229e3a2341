package dev.betterbase.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

import dev.betterbase.sync.protocol.ErrorCode;
import dev.betterbase.sync.protocol.FrameReader;
import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.protocol.InboundFrame;
import dev.betterbase.sync.protocol.Params;
import dev.betterbase.sync.protocol.WireError;
import dev.betterbase.sync.rpc.FakeTransport;
import dev.betterbase.sync.rpc.TestNode;
import dev.betterbase.sync.rpc.method.RpcHandler;
import java.lang.reflect.Constructor;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.platform.commons.support.ReflectionSupport;

/** The methods read the frames of clients and peers in frames.json as that file expects. */
class MethodVectorsTest {

  /** All handlers. Their injected fields are null, because reading a frame needs none of them. */
  static final RpcHandler<?>[] HANDLERS =
      ReflectionSupport.findAllClassesInClasspathRoot(
              Path.of("target/classes").toUri(),
              type ->
                  RpcHandler.class.isAssignableFrom(type)
                      && !Modifier.isAbstract(type.getModifiers()),
              name -> true)
          .stream()
          .map(MethodVectorsTest::make)
          .toArray(RpcHandler<?>[]::new);

  private static RpcHandler<?> make(Class<?> type) {
    try {
      Constructor<?> constructor = type.getDeclaredConstructor();
      constructor.setAccessible(true);
      return (RpcHandler<?>) constructor.newInstance();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  static Stream<Vectors.Vector> refused() {
    return fromClients().filter(vector -> vector.expect().path("kind").asText().equals("error"));
  }

  static Stream<Vectors.Vector> accepted() {
    return Vectors.of("frames.json")
        .filter(vector -> !vector.text("from").equals("server"))
        .filter(
            vector ->
                Arrays.stream(HANDLERS)
                    .anyMatch(
                        handler ->
                            handler.methods().contains(vector.expect().path("method").asText())));
  }

  private static Stream<Vectors.Vector> fromClients() {
    return Vectors.of("frames.json").filter(vector -> vector.text("from").equals("client"));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void answersWithTheError(Vectors.Vector vector) {
    var transport = new FakeTransport();
    new TestNode(HANDLERS).connect(transport, "alice").binary(vector.hex("hex"));
    String message = vector.expect().path("message").asText();
    ErrorCode code =
        Arrays.stream(ErrorCode.values())
            .filter(each -> each.text().equals(vector.expect().path("code").asText()))
            .findAny()
            .orElseThrow();
    assertThat(transport.sent())
        .containsExactly(
            FrameWriter.error(vector.expect().path("id").asText(), new WireError(code, message)));
    assertThat(transport.close()).isNull();
  }

  @ParameterizedTest
  @MethodSource("accepted")
  void readsTheParams(Vectors.Vector vector) throws Exception {
    InboundFrame frame = FrameReader.read(vector.hex("hex"));
    assertThatNoException()
        .isThrownBy(
            () -> {
              switch (frame) {
                case InboundFrame.Request request -> read(request.method(), request.params());
                case InboundFrame.Notification notice -> read(notice.method(), notice.params());
                case InboundFrame.Ignored() -> throw new AssertionError("ignored");
              }
            });
  }

  private static void read(String method, Params params) {
    for (RpcHandler<?> handler : HANDLERS) {
      if (handler.methods().contains(method)) {
        assertThat(handler.read(params.reader())).isNotNull();
      }
    }
  }
}
