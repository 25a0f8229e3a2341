package dev.betterbase.sync.protocol;

/** The bytes are not well-formed CBOR, contain invalid UTF-8, or nest too deeply. */
final class MalformedCbor extends RuntimeException {
  MalformedCbor(String message) {
    super(message, null, false, false);
  }
}
