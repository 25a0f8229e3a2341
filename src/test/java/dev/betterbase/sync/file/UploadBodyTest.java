package dev.betterbase.sync.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.address.ClientAddress;
import dev.betterbase.sync.http.HttpError;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class UploadBodyTest {
  private final TransferPlaces places = new TransferPlaces(2);
  private final TransferPlaces.Place place = take("a");
  private long seconds;

  private TransferPlaces.Place take(String person) {
    return places.take(new Sharer(person, ClientAddress.UNKNOWN), "too many uploads");
  }

  private UploadBody body(InputStream in, long length) {
    return new UploadBody(in, length, place, () -> TimeUnit.SECONDS.toNanos(seconds));
  }

  private static InputStream bytes(int count) {
    return new ByteArrayInputStream(new byte[count]);
  }

  private static String failure(UploadBody body) {
    HttpError failure = body.failure().orElseThrow();
    return failure.status() + " " + failure.getMessage();
  }

  @Test
  void asLongAsItSays() throws IOException {
    UploadBody body = body(bytes(100_000), 100_000);
    assertThat(body.readAllBytes()).hasSize(100_000);
    assertThat(body.failure()).isEmpty();
  }

  @Test
  void shorterThanItSays() {
    UploadBody body = body(bytes(99), 100);
    assertThatThrownBy(body::readAllBytes).isInstanceOf(IOException.class);
    assertThat(failure(body)).isEqualTo("400 Content-Length does not match request body length");
  }

  @Test
  void bytesAfterItAreNotRead() throws IOException {
    InputStream in = bytes(101);
    UploadBody body = body(in, 100);
    assertThat(body.readAllBytes()).hasSize(100);
    assertThat(in.available()).isEqualTo(1);
    assertThat(body.failure()).isEmpty();
  }

  @Test
  void aKilobyteASecondIsTooSlowAfterTheGrace() throws IOException {
    UploadBody body = body(bytes(1_000_000), 1_000_000);
    for (seconds = 0; seconds <= 31; seconds++) {
      assertThat(body.readNBytes(1_000)).hasSize(1_000);
    }
    seconds = 33;
    assertThatThrownBy(() -> body.readNBytes(1_000)).isInstanceOf(IOException.class);
    assertThat(failure(body)).isEqualTo("408 upload too slow");
  }

  @Test
  void sixteenKibibytesASecondAreFastEnough() throws IOException {
    UploadBody body = body(bytes(10_000_000), 10_000_000);
    for (seconds = 0; seconds < 600; seconds++) {
      assertThat(body.readNBytes(16 * 1024)).hasSize(16 * 1024);
    }
    assertThat(body.failure()).isEmpty();
  }

  @Test
  void aBrokenConnectionIsTheFaultOfTheClient() {
    UploadBody body = body(new Breaking(0), 10);
    assertThatThrownBy(body::readAllBytes).hasMessage("reset");
    assertThat(failure(body)).isEqualTo("400 ");
  }

  @Test
  void aServerThatGaveUpWaitingFoundTheClientTooSlow() {
    UploadBody body = body(new Breaking(30), 10);
    assertThatThrownBy(body::readAllBytes).hasMessage("reset");
    assertThat(failure(body)).isEqualTo("408 upload too slow");
  }

  /** A body that fails after a number of seconds. */
  private final class Breaking extends InputStream {
    private final int after;

    Breaking(int after) {
      this.after = after;
    }

    @Override
    public int read() throws IOException {
      return read(new byte[1], 0, 1);
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      seconds += after;
      throw new IOException("reset");
    }
  }

  @Test
  void anUploadThatGaveWayEndsAtTheNextBytes() throws IOException {
    TransferPlaces.Place last = take("a");
    UploadBody body = new UploadBody(bytes(10), 10, last, System::nanoTime);
    assertThat(body.read()).isZero();
    take("b");
    assertThatThrownBy(body::read).isInstanceOf(IOException.class);
    assertThat(failure(body)).isEqualTo("503 too many uploads");
  }
}
