package dev.betterbase.sync.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.exc.StreamWriteException;
import com.fasterxml.jackson.dataformat.cbor.CBORGenerator;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Writes CBOR in the one form that protocol.md (Frames) allows: definite lengths, integers in their
 * shortest form, keys in the order in which they are written. Optional fields are simply not
 * written. The size given at the beginning of a map or list must be the number of entries or
 * elements that follow.
 */
public final class CborWriter {
  // Jackson writes longer texts in chunks, so with an indefinite length.
  private static final int LONG_TEXT = 256;

  private final CBORGenerator generator;

  CborWriter(CBORGenerator generator) {
    this.generator = generator;
  }

  /** Begins a map with this number of entries; {@link #endMap} ends it. */
  public CborWriter beginMap(int entries) {
    return write(() -> generator.writeStartObject(null, entries));
  }

  /**
   * Ends the map begun last.
   *
   * @throws IllegalStateException if the number of entries is not the announced one
   */
  public CborWriter endMap() {
    return write(generator::writeEndObject);
  }

  /** Begins a list with this number of elements; {@link #endList} ends it. */
  public CborWriter beginList(int elements) {
    return write(() -> generator.writeStartArray(null, elements));
  }

  /**
   * Ends the list begun last.
   *
   * @throws IllegalStateException if the number of elements is not the announced one
   */
  public CborWriter endList() {
    return write(generator::writeEndArray);
  }

  /** The key of an entry; its value is written next. */
  public CborWriter key(String key) {
    return write(() -> generator.writeFieldName(key));
  }

  public CborWriter text(String text) {
    if (text.length() < LONG_TEXT) {
      return write(() -> generator.writeString(text));
    }
    byte[] utf8 = text.getBytes(UTF_8);
    return write(() -> generator.writeUTF8String(utf8, 0, utf8.length));
  }

  public CborWriter bytes(byte[] bytes) {
    return write(() -> generator.writeBinary(bytes));
  }

  public CborWriter integer(long value) {
    return write(() -> generator.writeNumber(value));
  }

  public CborWriter bool(boolean value) {
    return write(() -> generator.writeBoolean(value));
  }

  /** An entry of a map: key and value. */
  public CborWriter field(String key, String text) {
    return key(key).text(text);
  }

  /** An entry of a map: key and value. */
  public CborWriter field(String key, byte[] bytes) {
    return key(key).bytes(bytes);
  }

  /** An entry of a map: key and value. */
  public CborWriter field(String key, long value) {
    return key(key).integer(value);
  }

  /** An entry of a map: key and value. */
  public CborWriter field(String key, boolean value) {
    return key(key).bool(value);
  }

  private CborWriter write(Step step) {
    try {
      step.run();
    } catch (StreamWriteException e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  private interface Step {
    void run() throws IOException;
  }
}
