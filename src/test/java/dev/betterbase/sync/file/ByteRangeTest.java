package dev.betterbase.sync.file;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.file.ByteRange.Wanted;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteRangeTest {
  @ParameterizedTest
  @CsvSource({
    "bytes=0-0, 10, 0, 1",
    "bytes=0-, 10, 0, 10",
    "bytes=9-, 10, 9, 1",
    "bytes=3-5, 10, 3, 3",
    "bytes=3-500, 10, 3, 7",
    "bytes=-3, 10, 7, 3",
    "bytes=-300, 10, 0, 10",
    "Bytes= 2-3 , 10, 2, 2",
    "bytes=000000000000000000000000002-3, 10, 2, 2",
    "bytes=0-99999999999999999999999999, 10, 0, 10",
    "bytes=-99999999999999999999999999, 10, 0, 10",
  })
  void aPart(String header, long size, long from, long length) {
    assertThat(ByteRange.parse(header, size))
        .isEqualTo(new Wanted.Part(new ByteRange(from, length)));
  }

  @ParameterizedTest
  @CsvSource({
    "bytes=10-, 10",
    "bytes=10-20, 10",
    "bytes=-0, 10",
    "bytes=0-, 0",
    "bytes=0-0, 0",
    "bytes=-5, 0",
    "bytes=99999999999999999999-, 10",
  })
  void outsideOfTheFile(String header, long size) {
    assertThat(ByteRange.parse(header, size)).isEqualTo(new Wanted.Unsatisfiable());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=5-2",
        "bytes=a-b",
        "bytes=0-1,4-5",
        "bytes=0-1,",
        "lines=0-1",
        "bytes=0--1",
        "bytes=+0-1",
        "bytes=٠-١",
        "0-1",
      })
  void whatIsNotUnderstoodIsTheWhole(String header) {
    assertThat(ByteRange.parse(header, 10)).isEqualTo(new Wanted.Whole());
  }

  @Test
  void withoutAHeaderItIsTheWhole() {
    assertThat(ByteRange.parse(null, 10)).isEqualTo(new Wanted.Whole());
  }
}
