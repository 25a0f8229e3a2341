package dev.betterbase.sync;

import dev.betterbase.sync.protocol.Cbor;
import dev.betterbase.sync.rpc.method.RpcHandler.Callers;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The methods of the protocol and their fields (methods.md and federation.md). */
final class MethodTable {
  private MethodTable() {}

  /** What a field may hold, in CBOR: one value that is fine, and values that are not. */
  enum Type {
    TEXT("6178", "07", "f93e00", "4178", "f5", "80", "a0", "c06178"),
    BYTES("4178", "07", "f93e00", "6178", "f4", "8118ff", "a0"),
    INT32("01", "6178", "4101", "f5", "f93c00", "80", "1a80000000", "3a80000000"),
    INT64("01", "6178", "4101", "f5", "f93c00", "80", "1b8000000000000000", "3b8000000000000000"),
    BOOL("f5", "00", "6178", "80", "f93c00"),
    SPACE_ID(Cbor.text("f368ae67-5294-4f97-820b-03d6e2d5b835"), "6178", "07", "4178"),
    TEXTS("826178617a", "f93e00", "6178", "07", "a0", "8107", "81f6", "81f7"),
    MAPS("", "f93e00", "6178", "07", "a0", "8107", "8180", "81f6", "81f7"),
    ANY_LIST("8107", "f93e00", "6178", "07", "a0", "4178");

    final String good;
    private final String bad;

    Type(String good, String... bad) {
      this.good = good;
      this.bad = String.join(" ", bad);
    }

    List<String> bad() {
      return List.of(bad.split(" "));
    }
  }

  /**
   * One field.
   *
   * @param fields the fields of each element where the field is a list of maps
   */
  record Field(String name, boolean required, Type type, List<Field> fields) {
    /** The field with its value in hex; a field within this one may have another value, or none. */
    String hex(@Nullable Field changed, @Nullable String value) {
      String own = type == Type.MAPS ? "81" + map(fields, changed, value) : type.good;
      return Cbor.text(name) + (equals(changed) ? value : own);
    }
  }

  /** A map of the fields, in hex, where one of them has another value, or none. */
  private static String map(List<Field> fields, @Nullable Field changed, @Nullable String value) {
    List<Field> present =
        fields.stream().filter(field -> !field.equals(changed) || value != null).toList();
    return Cbor.head(5, present.size())
        + present.stream().map(field -> field.hex(changed, value)).collect(Collectors.joining());
  }

  private static Field required(String name, Type type) {
    return new Field(name, true, type, List.of());
  }

  private static Field optional(String name, Type type) {
    return new Field(name, false, type, List.of());
  }

  private static Field list(String name, Field... fields) {
    return new Field(name, true, Type.MAPS, List.of(fields));
  }

  /**
   * One method.
   *
   * @param error the text of {@code invalid_params}; null for a notification
   */
  record Method(Callers callers, String name, @Nullable String error, List<Field> fields) {
    Method(Callers callers, String name, @Nullable String error, Field... fields) {
      this(callers, name, error, List.of(fields));
    }

    /** The params in hex, where one field has another value, or none. */
    String params(@Nullable Field changed, @Nullable String value) {
      return map(fields, changed, value);
    }

    @Override
    public String toString() {
      return (callers == Callers.PEERS ? "a peer's " : "") + name;
    }
  }

  private static final Field SPACE = required("space", Type.TEXT);
  private static final Field UCAN = optional("ucan", Type.TEXT);

  static final List<Method> METHODS =
      List.of(
          new Method(
              Callers.CLIENTS,
              "token.refresh",
              "invalid token refresh params",
              required("token", Type.TEXT)),
          new Method(
              Callers.CLIENTS,
              "space.create",
              "invalid space create params",
              required("id", Type.TEXT),
              required("root_public_key", Type.BYTES),
              optional("home_server", Type.TEXT)),
          subscribe(Callers.CLIENTS),
          subscribe(Callers.PEERS),
          new Method(Callers.CLIENTS, "unsubscribe", null, required("spaces", Type.TEXTS)),
          new Method(Callers.PEERS, "unsubscribe", null, required("spaces", Type.TEXTS)),
          push(Callers.CLIENTS),
          push(Callers.PEERS),
          new Method(
              Callers.ALL,
              "pull",
              "invalid pull params",
              list("spaces", required("id", Type.TEXT), required("since", Type.INT64), UCAN)),
          new Method(
              Callers.ALL,
              "membership.append",
              "invalid membership append params",
              SPACE,
              UCAN,
              required("expected_version", Type.INT32),
              optional("prev_hash", Type.BYTES),
              required("entry_hash", Type.BYTES),
              required("payload", Type.BYTES)),
          new Method(
              Callers.ALL,
              "membership.list",
              "invalid membership list params",
              SPACE,
              UCAN,
              optional("since_seq", Type.INT32)),
          new Method(
              Callers.ALL,
              "membership.revoke",
              "invalid membership revoke params",
              SPACE,
              UCAN,
              required("ucan_cid", Type.TEXT)),
          new Method(
              Callers.CLIENTS,
              "invitation.create",
              "invalid invitation create params",
              required("mailbox_id", Type.TEXT),
              required("payload", Type.TEXT),
              optional("server", Type.TEXT)),
          new Method(
              Callers.PEERS,
              "fed.invitation",
              "invalid invitation create params",
              required("mailbox_id", Type.TEXT),
              required("payload", Type.TEXT)),
          new Method(
              Callers.CLIENTS,
              "invitation.list",
              "invalid invitation list params",
              optional("limit", Type.INT32),
              optional("after", Type.TEXT)),
          new Method(
              Callers.CLIENTS,
              "invitation.get",
              "invalid invitation get params",
              required("id", Type.TEXT)),
          new Method(
              Callers.CLIENTS,
              "invitation.delete",
              "invalid invitation delete params",
              required("id", Type.TEXT)),
          new Method(
              Callers.ALL,
              "epoch.begin",
              "invalid epoch begin params",
              SPACE,
              UCAN,
              required("epoch", Type.INT32),
              optional("set_min_key_generation", Type.BOOL)),
          new Method(
              Callers.ALL,
              "epoch.complete",
              "invalid epoch complete params",
              SPACE,
              UCAN,
              required("epoch", Type.INT32)),
          deksGet("deks.get", "invalid deks get params"),
          deksGet("deks.getFiles", "invalid file deks get params"),
          deksGet("file.deks.get", "invalid file deks get params"),
          deksRewrap("deks.rewrap", "invalid deks rewrap params"),
          deksRewrap("deks.rewrapFiles", "invalid file deks rewrap params"),
          deksRewrap("file.deks.rewrap", "invalid file deks rewrap params"),
          new Method(Callers.CLIENTS, "presence.set", null, SPACE, required("data", Type.BYTES)),
          new Method(Callers.CLIENTS, "presence.clear", null, SPACE),
          new Method(Callers.CLIENTS, "event.send", null, SPACE, required("data", Type.BYTES)),
          new Method(
              Callers.PEERS,
              "sync",
              null,
              homeSpace(),
              required("prev", Type.INT64),
              required("cursor", Type.INT64),
              required("records", Type.ANY_LIST)),
          new Method(
              Callers.PEERS,
              "membership",
              null,
              homeSpace(),
              required("cursor", Type.INT64),
              required("entries", Type.ANY_LIST)),
          new Method(
              Callers.PEERS,
              "file",
              null,
              homeSpace(),
              required("cursor", Type.INT64),
              required("files", Type.ANY_LIST)),
          new Method(Callers.PEERS, "revoked", null, homeSpace()));

  private static Method subscribe(Callers callers) {
    return new Method(
        callers,
        "subscribe",
        "invalid subscribe params",
        list(
            "spaces",
            required("id", Type.TEXT),
            required("since", Type.INT64),
            UCAN,
            optional("token", Type.TEXT),
            optional("presence", Type.BOOL)));
  }

  private static Method push(Callers callers) {
    return new Method(
        callers,
        "push",
        "invalid push params",
        SPACE,
        UCAN,
        list(
            "changes",
            required("id", Type.TEXT),
            optional("blob", Type.BYTES),
            required("expected_cursor", Type.INT64),
            optional("dek", Type.BYTES)));
  }

  private static Method deksGet(String name, String error) {
    return new Method(Callers.ALL, name, error, SPACE, UCAN, optional("since", Type.INT64));
  }

  private static Method deksRewrap(String name, String error) {
    return new Method(
        Callers.ALL,
        name,
        error,
        SPACE,
        UCAN,
        list("deks", required("id", Type.TEXT), required("dek", Type.BYTES)));
  }

  private static Field homeSpace() {
    return required("space", Type.SPACE_ID);
  }
}
