package dev.betterbase.sync.file.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RepeatableInputTest {
  private final byte[] bytes = new byte[3 * RepeatableInput.KEPT_BYTES];

  RepeatableInputTest() {
    new Random(1).nextBytes(bytes);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 8_192, RepeatableInput.KEPT_BYTES / 2})
  void isReadAgainFromItsBeginning(int read) throws IOException {
    var input = new RepeatableInput(new ByteArrayInputStream(bytes));
    try (InputStream first = input.fromTheBeginning()) {
      first.readNBytes(read);
    }
    assertThat(input.isRepeatable()).isTrue();
    try (InputStream second = input.fromTheBeginning()) {
      assertThat(second.readAllBytes()).isEqualTo(bytes);
    }
  }

  @Test
  void isNotOnceMuchWasRead() throws IOException {
    var input = new RepeatableInput(new ByteArrayInputStream(bytes));
    input.fromTheBeginning().readNBytes(bytes.length);
    assertThat(input.isRepeatable()).isFalse();
    assertThatThrownBy(input::fromTheBeginning).isInstanceOf(UncheckedIOException.class);
  }

  @Test
  void isNotOnceItFailed() throws IOException {
    InputStream broken = InputStream.nullInputStream();
    broken.close();
    var input = new RepeatableInput(broken);
    assertThatThrownBy(() -> input.fromTheBeginning().read()).hasMessage("Stream closed");
    assertThat(input.isRepeatable()).isFalse();
  }
}
