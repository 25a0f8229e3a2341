package dev.betterbase.sync.file;

import dev.betterbase.sync.http.HttpError;
import dev.betterbase.sync.http.Pace;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The body of an upload. Reading fails if the body is shorter than {@code Content-Length} or
 * arrives too slowly, or the upload has to give way. Nothing is read past its length: the container
 * ends the body there, and for a request with an {@code Upgrade} header Payara would wait for more.
 * The body remembers the client's fault, to tell it from a fault of the storage. For use by one
 * thread.
 */
final class UploadBody extends InputStream {
  /**
   * A read that failed after at least this long was ended by the container and not by the client:
   * containers give up on a silent client after 30 s (Payara) to 90 s (WildFly).
   */
  private static final long SILENCE_SECONDS = 20;

  private final InputStream in;
  private final long length;
  private final LongSupplier nanoTime;
  private final Pace pace;
  private final TransferPlaces.Place place;
  private @Nullable HttpError failure;

  /**
   * @param length the value of {@code Content-Length}
   * @param place counts what is read, and the upload ends when it has to give way
   * @param nanoTime as {@link System#nanoTime}
   */
  UploadBody(InputStream in, long length, TransferPlaces.Place place, LongSupplier nanoTime) {
    this.in = in;
    this.length = length;
    this.place = place;
    this.nanoTime = nanoTime;
    this.pace = new Pace(nanoTime);
  }

  /** The reason why the body ended early; empty if it did not. */
  Optional<HttpError> failure() {
    return Optional.ofNullable(failure);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] buffer, int offset, int count) throws IOException {
    if (count == 0) {
      return 0;
    }
    long left = length - pace.bytes();
    if (left == 0) {
      return -1;
    }
    int read = readInTime(buffer, offset, (int) Math.min(count, left));
    if (read < 0) {
      fail(wrongLength());
    }
    pace.count(read);
    place.count(read);
    if (place.isDisplaced()) {
      fail(place.crowdedOut());
    }
    if (pace.isTooSlow()) {
      fail(tooSlow());
    }
    return read;
  }

  private int readInTime(byte[] buffer, int offset, int count) throws IOException {
    long begun = nanoTime.getAsLong();
    try {
      return in.read(buffer, offset, count);
    } catch (IOException broken) {
      boolean silent = nanoTime.getAsLong() - begun > TimeUnit.SECONDS.toNanos(SILENCE_SECONDS);
      failure = silent ? tooSlow() : HttpError.clientGone();
      throw broken;
    }
  }

  private void fail(HttpError why) throws IOException {
    failure = why;
    throw new EOFException(why.getMessage());
  }

  private static HttpError wrongLength() {
    return new HttpError(400, "Content-Length does not match request body length");
  }

  private static HttpError tooSlow() {
    return new HttpError(408, "upload too slow");
  }
}
