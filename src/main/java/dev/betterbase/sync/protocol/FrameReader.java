package dev.betterbase.sync.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.jspecify.annotations.Nullable;

/**
 * Reads the binary messages of a client, and those that a called server answers (protocol.md,
 * Connecting, Frames, After authentication).
 */
public final class FrameReader {
  private static final int MAX_ID_BYTES = 1_024;
  private static final byte KEEPALIVE = (byte) 0xF6;

  private static final int REQUEST = 0;
  private static final int RESPONSE = 1;
  private static final int NOTIFICATION = 2;
  private static final int CHUNK = 3;

  private FrameReader() {}

  /**
   * Reads a message of an authenticated client. The message must not be changed while the params of
   * the frame are in use.
   *
   * @throws ProtocolViolation if the message is empty, is not a CBOR map with an integer type, or
   *     has an envelope that does not fit
   */
  public static InboundFrame read(byte[] message) throws ProtocolViolation {
    if (message.length == 0) {
      throw new ProtocolViolation(Close.EMPTY_FRAME);
    }
    if (message.length == 1 && message[0] == KEEPALIVE) {
      return new InboundFrame.Ignored();
    }
    Envelope envelope;
    try {
      envelope = Envelope.read(message);
    } catch (MalformedCbor | Failure.InvalidParams e) {
      throw new ProtocolViolation(Close.INVALID_FRAME);
    }
    String method = orEmpty(envelope.method());
    if (envelope.isType(NOTIFICATION)) {
      return new InboundFrame.Notification(method, envelope.params());
    }
    if (!envelope.isType(REQUEST)) {
      return new InboundFrame.Ignored();
    }
    String id = orEmpty(envelope.id());
    if (id.length() > MAX_ID_BYTES || id.getBytes(UTF_8).length > MAX_ID_BYTES) {
      throw new ProtocolViolation(Close.INVALID_FRAME);
    }
    return new InboundFrame.Request(id, method, envelope.params());
  }

  /**
   * Reads a message of a called server. The message must not be changed while a part of the frame
   * is in use.
   *
   * @throws ProtocolViolation if it is not a frame
   */
  public static ServerFrame readFromServer(byte[] message) throws ProtocolViolation {
    if (message.length == 1 && message[0] == KEEPALIVE) {
      return new ServerFrame.Ignored();
    }
    try {
      return serverFrame(Envelope.read(message));
    } catch (MalformedCbor | Failure.InvalidParams e) {
      throw new ProtocolViolation(Close.INVALID_FRAME);
    }
  }

  private static ServerFrame serverFrame(Envelope envelope) {
    String id = orEmpty(envelope.id());
    if (envelope.isType(NOTIFICATION)) {
      return new ServerFrame.Notification(orEmpty(envelope.method()), envelope.params());
    }
    if (envelope.isType(CHUNK)) {
      return new ServerFrame.Chunk(
          id, envelope.part("name").reader().text(), envelope.part("data"));
    }
    if (!envelope.isType(RESPONSE)) {
      return new ServerFrame.Ignored();
    }
    return envelope.has("error")
        ? serverError(id, envelope.part("error").reader())
        : new ServerFrame.Result(id, envelope.part("result"));
  }

  private static ServerFrame.Failed serverError(String id, CborReader reader) {
    String code = "";
    String text = "";
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      switch (key) {
        case "code" -> code = reader.text();
        case "message" -> text = reader.text();
        default -> reader.skip();
      }
    }
    return new ServerFrame.Failed(id, code, text);
  }

  /**
   * Reads the first message of a connection.
   *
   * @return the access token, not empty
   * @throws ProtocolViolation with the reason of protocol.md (Connecting), if the message is
   *     anything but an auth notification with a token
   */
  public static String readAuth(byte[] message) throws ProtocolViolation {
    if (message.length == 0) {
      throw new ProtocolViolation(Close.EMPTY_AUTH_FRAME);
    }
    String token;
    try {
      Envelope envelope = Envelope.read(message);
      if (!envelope.isType(NOTIFICATION)) {
        throw new ProtocolViolation(Close.NOT_AN_AUTH_FRAME);
      }
      if (envelope.method() == null) {
        throw new ProtocolViolation(Close.INVALID_AUTH_FRAME);
      }
      if (!envelope.method().equals("auth")) {
        throw new ProtocolViolation(Close.NOT_AN_AUTH_FRAME);
      }
      token = readToken(envelope.params().reader());
    } catch (MalformedCbor | Failure.InvalidParams e) {
      throw new ProtocolViolation(Close.INVALID_AUTH_FRAME);
    }
    if (token.isEmpty()) {
      throw new ProtocolViolation(Close.EMPTY_AUTH_TOKEN);
    }
    return token;
  }

  /**
   * Reads the params of {@code auth} and of {@code token.refresh}.
   *
   * @return the access token, which may be empty
   */
  public static String readToken(CborReader reader) {
    String token = null;
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      switch (key) {
        case "token" -> token = reader.text();
        default -> reader.skip();
      }
    }
    if (token == null) {
      throw new Failure.InvalidParams();
    }
    return token;
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }
}
