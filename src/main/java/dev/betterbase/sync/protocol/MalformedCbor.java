package dev.betterbase.sync.protocol;

/** The bytes are no well-formed CBOR, hold invalid UTF-8, or nest too deep. */
final class MalformedCbor extends RuntimeException {
  MalformedCbor(String message) {
    super(message, null, false, false);
  }
}
