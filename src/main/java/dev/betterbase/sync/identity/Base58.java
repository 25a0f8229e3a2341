package dev.betterbase.sync.identity;

import java.math.BigInteger;
import java.util.Optional;

/**
 * base58btc (the Bitcoin alphabet, as in multibase {@code z}). Hand-written: on Maven Central it
 * comes only inside whole wallets or in libraries that nobody keeps, and it is two loops. Its cost
 * grows with the square of the length, which is why callers bound that.
 */
final class Base58 {
  private static final String ALPHABET =
      "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  private static final BigInteger BASE = BigInteger.valueOf(58);

  private Base58() {}

  /** Returns empty if a character is not in the alphabet. */
  static Optional<byte[]> decode(String text) {
    BigInteger number = BigInteger.ZERO;
    int zeros = 0;
    for (int i = 0; i < text.length(); i++) {
      int digit = ALPHABET.indexOf(text.charAt(i));
      if (digit < 0) {
        return Optional.empty();
      }
      if (digit == 0 && zeros == i) {
        zeros++;
      }
      number = number.multiply(BASE).add(BigInteger.valueOf(digit));
    }
    byte[] magnitude = number.toByteArray();
    // toByteArray puts a zero byte before a set top bit, and is one zero byte for nothing.
    int skip = magnitude[0] == 0 ? 1 : 0;
    byte[] bytes = new byte[zeros + magnitude.length - skip];
    System.arraycopy(magnitude, skip, bytes, zeros, magnitude.length - skip);
    return Optional.of(bytes);
  }

  static String encode(byte[] bytes) {
    StringBuilder reversed = new StringBuilder();
    BigInteger number = new BigInteger(1, bytes);
    while (number.signum() > 0) {
      BigInteger[] parts = number.divideAndRemainder(BASE);
      reversed.append(ALPHABET.charAt(parts[1].intValue()));
      number = parts[0];
    }
    for (int i = 0; i < bytes.length && bytes[i] == 0; i++) {
      reversed.append(ALPHABET.charAt(0));
    }
    return reversed.reverse().toString();
  }
}
