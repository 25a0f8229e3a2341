package dev.betterbase.sync.protocol;

import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.fasterxml.jackson.dataformat.cbor.CBORGenerator;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Writes the frames that a server sends (protocol.md, Frames). */
public final class FrameWriter {
  /** The largest frame that a client accepts: 4 MiB. No larger one is written. */
  public static final int MAX_FRAME_BYTES = 4_194_304;

  private static final int REQUEST = 0;
  private static final int RESPONSE = 1;
  private static final int NOTIFICATION = 2;
  private static final int CHUNK = 3;
  private static final byte KEEPALIVE = (byte) 0xF6;
  private static final int MAX_RECYCLED_BUFFERS = 64;

  // An own pool: Jackson's default is a ThreadLocal, which would outlive an undeploy in the threads
  // of the server.
  private static final CBORFactory CBOR =
      CBORFactory.builder()
          .recyclerPool(JsonRecyclerPools.newBoundedPool(MAX_RECYCLED_BUFFERS))
          .disable(StreamWriteFeature.AUTO_CLOSE_CONTENT)
          .build();

  private FrameWriter() {}

  /**
   * The reply to a request that succeeded.
   *
   * @throws FrameTooLarge if it would exceed {@link #MAX_FRAME_BYTES}; the other methods throw
   *     likewise
   */
  public static byte[] result(String id, Body result) {
    return frame(w -> response(w, id).key("result"), result);
  }

  /** The reply to a request that failed. */
  public static byte[] error(String id, WireError error) {
    return frame(
        w -> response(w, id).key("error"),
        w ->
            w.beginMap(2)
                .field("code", error.code().text())
                .field("message", error.message())
                .endMap());
  }

  private static CborWriter response(CborWriter writer, String id) {
    return writer.beginMap(3).field("type", RESPONSE).field("id", id);
  }

  /** A part of a streaming reply. */
  public static byte[] chunk(String id, String name, Body data) {
    return frame(
        w -> w.beginMap(4).field("type", CHUNK).field("id", id).field("name", name).key("data"),
        data);
  }

  /**
   * A request to another server.
   *
   * @param limit the greatest number of bytes
   * @throws FrameTooLarge if it would be longer
   */
  public static byte[] request(String id, String method, Body params, int limit) {
    return frame(
        w ->
            w.beginMap(4)
                .field("type", REQUEST)
                .field("method", method)
                .field("id", id)
                .key("params"),
        params,
        limit);
  }

  /** A notification. */
  public static byte[] notification(String method, Body params) {
    return frame(
        w -> w.beginMap(3).field("type", NOTIFICATION).field("method", method).key("params"),
        params);
  }

  /**
   * A notification whose last field is already encoded.
   *
   * @param open begins the map of the params and writes it up to the key of the last field
   * @param last the value of that field
   */
  public static byte[] notification(String method, Body open, Encoded last) {
    return frame(
        w -> {
          w.beginMap(3).field("type", NOTIFICATION).field("method", method).key("params");
          open.write(w);
        },
        last);
  }

  /** The keepalive: CBOR null. */
  public static byte[] keepalive() {
    return new byte[] {KEEPALIVE};
  }

  private static byte[] frame(Body head, Body content) {
    return frame(head, content, MAX_FRAME_BYTES);
  }

  private static byte[] frame(Body head, Body content, int limit) {
    var buffer = new FrameBuffer(limit);
    try (CBORGenerator generator = CBOR.createGenerator(buffer)) {
      var writer = new CborWriter(generator);
      head.write(writer);
      if (content instanceof Encoded(byte[] cbor)) {
        // A map of definite length needs no end.
        generator.flush();
        buffer.write(cbor, 0, cbor.length);
        return buffer.frame();
      }
      content.write(writer);
      writer.endMap();
      if (!generator.getOutputContext().inRoot()) {
        throw new IllegalStateException("a map or list was not ended");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return buffer.frame();
  }
}
