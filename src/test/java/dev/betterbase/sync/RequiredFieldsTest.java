package dev.betterbase.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.FrameReader;
import dev.betterbase.sync.protocol.InboundFrame;
import dev.betterbase.sync.protocol.Params;
import dev.betterbase.sync.rpc.Frames;
import dev.betterbase.sync.rpc.method.RpcHandler;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every method of the protocol with every required field missing, null and of another type. The
 * params are then invalid (protocol.md, Frames), whatever the method would say about the value.
 */
class RequiredFieldsTest {
  private static final String ID = "0b1a2c3d-0000-4000-8000-000000000001";
  private static final byte[] BYTES = {2};

  /** Complete params of each method; every field here is required. */
  private static final Map<String, Map<String, Object>> COMPLETE =
      Map.ofEntries(
          Map.entry("token.refresh", Map.of("token", "t")),
          Map.entry("space.create", Map.of("id", ID, "root_public_key", BYTES)),
          Map.entry("subscribe", Map.of("spaces", List.of(Map.of("id", ID, "since", 0)))),
          Map.entry("unsubscribe", Map.of("spaces", List.of(ID))),
          Map.entry(
              "push",
              Map.of("space", ID, "changes", List.of(Map.of("id", ID, "expected_cursor", 0)))),
          Map.entry("pull", Map.of("spaces", List.of(Map.of("id", ID, "since", 0)))),
          Map.entry(
              "membership.append",
              Map.of("space", ID, "expected_version", 0, "entry_hash", BYTES, "payload", BYTES)),
          Map.entry("membership.list", Map.of("space", ID)),
          Map.entry("membership.revoke", Map.of("space", ID, "ucan_cid", "c")),
          Map.entry("invitation.create", Map.of("mailbox_id", "m", "payload", "p")),
          Map.entry("fed.invitation", Map.of("mailbox_id", "m", "payload", "p")),
          Map.entry("invitation.list", Map.of()),
          Map.entry("invitation.get", Map.of("id", ID)),
          Map.entry("invitation.delete", Map.of("id", ID)),
          Map.entry("epoch.begin", Map.of("space", ID, "epoch", 1)),
          Map.entry("epoch.complete", Map.of("space", ID, "epoch", 1)),
          Map.entry("deks.get", Map.of("space", ID)),
          Map.entry("deks.getFiles", Map.of("space", ID)),
          Map.entry("file.deks.get", Map.of("space", ID)),
          Map.entry(
              "deks.rewrap", Map.of("space", ID, "deks", List.of(Map.of("id", ID, "dek", BYTES)))),
          Map.entry(
              "deks.rewrapFiles",
              Map.of("space", ID, "deks", List.of(Map.of("id", ID, "dek", BYTES)))),
          Map.entry(
              "file.deks.rewrap",
              Map.of("space", ID, "deks", List.of(Map.of("id", ID, "dek", BYTES)))),
          Map.entry("presence.set", Map.of("space", ID, "data", BYTES)),
          Map.entry("presence.clear", Map.of("space", ID)),
          Map.entry("event.send", Map.of("space", ID, "data", BYTES)));

  /** What a home server tells a peer: its notices have a test of their own. */
  private static final Set<String> NOTICES = Set.of("sync", "membership", "file", "revoked");

  private record Case(String method, String what, Map<String, Object> params) {
    @Override
    public String toString() {
      return method + ": " + what;
    }
  }

  private static Stream<RpcHandler<?>> handlersOf(String method) {
    return Stream.of(MethodVectorsTest.HANDLERS)
        .filter(handler -> handler.methods().contains(method));
  }

  static Stream<Case> incomplete() {
    return COMPLETE.entrySet().stream()
        .flatMap(
            entry ->
                variants(entry.getValue())
                    .map(variant -> new Case(entry.getKey(), variant.what(), variant.params())));
  }

  /** The same params, each time with one field missing, null or of a type that no field has. */
  private static Stream<Case> variants(Map<String, Object> complete) {
    var variants = new ArrayList<Case>();
    complete.forEach(
        (field, value) -> {
          variants.add(with(complete, field + " missing", map -> map.remove(field)));
          variants.add(with(complete, field + " null", map -> map.put(field, null)));
          variants.add(with(complete, field + " a float", map -> map.put(field, 1.5)));
          if (value instanceof List<?> list && list.getFirst() instanceof Map<?, ?> element) {
            @SuppressWarnings("unchecked") // made of texts above
            var inner = (Map<String, Object>) element;
            variants(inner)
                .map(
                    each ->
                        with(
                            complete,
                            field + ", " + each.what(),
                            map -> map.put(field, List.of(each.params()))))
                .forEach(variants::add);
          }
        });
    return variants.stream();
  }

  private static Case with(
      Map<String, Object> complete, String what, Consumer<Map<String, @Nullable Object>> change) {
    var params = new LinkedHashMap<String, @Nullable Object>(complete);
    change.accept(params);
    return new Case("", what, params);
  }

  private static CborReader reader(String method, Map<String, Object> params) throws Exception {
    InboundFrame frame = FrameReader.read(Frames.request("1", method, params));
    Params read = ((InboundFrame.Request) frame).params();
    return read.reader();
  }

  @Test
  void coversEveryMethod() {
    Set<String> methods =
        Stream.of(MethodVectorsTest.HANDLERS)
            .flatMap(handler -> handler.methods().stream())
            .filter(method -> !NOTICES.contains(method))
            .collect(Collectors.toSet());
    assertThat(COMPLETE.keySet()).isEqualTo(methods);
  }

  @Test
  void readsCompleteParams() {
    COMPLETE.forEach(
        (method, params) ->
            handlersOf(method)
                .forEach(
                    handler ->
                        assertThatNoException()
                            .as(method)
                            .isThrownBy(() -> handler.read(reader(method, params)))));
  }

  @ParameterizedTest
  @MethodSource("incomplete")
  void refusesIncompleteParams(Case incomplete) {
    assertThat(handlersOf(incomplete.method())).isNotEmpty();
    handlersOf(incomplete.method())
        .forEach(
            handler ->
                assertThatExceptionOfType(Failure.InvalidParams.class)
                    .as(handler.getClass().getSimpleName())
                    .isThrownBy(
                        () -> handler.read(reader(incomplete.method(), incomplete.params()))));
  }
}
