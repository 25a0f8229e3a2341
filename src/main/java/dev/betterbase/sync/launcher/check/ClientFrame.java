package dev.betterbase.sync.launcher.check;

import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.fasterxml.jackson.dataformat.cbor.CBORGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Writes the frames that a client sends (protocol.md, Frames): requests and notifications. */
final class ClientFrame {

  /** Writes the params of a frame. */
  interface Params {
    /** Writes exactly one CBOR value. */
    void write(CBORGenerator generator) throws IOException;
  }

  private static final int REQUEST = 0;
  private static final int NOTIFICATION = 2;
  private static final CBORFactory CBOR = new CBORFactory();

  private ClientFrame() {}

  static byte[] request(String id, String method, Params params) {
    return frame(
        REQUEST,
        method,
        generator -> {
          generator.writeStringField("id", id);
          generator.writeFieldName("params");
          params.write(generator);
        });
  }

  static byte[] notification(String method, Params params) {
    return frame(
        NOTIFICATION,
        method,
        generator -> {
          generator.writeFieldName("params");
          params.write(generator);
        });
  }

  private static byte[] frame(int type, String method, Params rest) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (CBORGenerator generator = CBOR.createGenerator(bytes)) {
      generator.writeStartObject();
      generator.writeNumberField("type", type);
      generator.writeStringField("method", method);
      rest.write(generator);
      generator.writeEndObject();
    } catch (IOException never) {
      throw new UncheckedIOException(never);
    }
    return bytes.toByteArray();
  }
}
