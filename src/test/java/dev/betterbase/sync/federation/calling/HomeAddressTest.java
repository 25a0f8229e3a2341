package dev.betterbase.sync.federation.calling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.file.storage.FileKey;
import dev.betterbase.sync.protocol.SpaceId;
import java.util.UUID;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** federation.md, Calling: the URL of a home server. */
class HomeAddressTest {
  @ParameterizedTest
  @CsvSource({
    "sync.example.com, sync.example.com, wss://sync.example.com/api/v1/federation/ws",
    "Sync.Example.com.:443, sync.example.com, wss://sync.example.com/api/v1/federation/ws",
    "sync.example.com:8443, sync.example.com, wss://sync.example.com:8443/api/v1/federation/ws",
    "localhost:5379, localhost, ws://localhost:5379/api/v1/federation/ws",
    "127.0.0.1, 127.0.0.1, ws://127.0.0.1/api/v1/federation/ws",
    "[::1]:5379, ::1, ws://[::1]:5379/api/v1/federation/ws",
    "https://sync.example.com, sync.example.com, wss://sync.example.com/api/v1/federation/ws",
    "https://sync.example.com/, sync.example.com, wss://sync.example.com/api/v1/federation/ws",
    "http://sync.example.com, sync.example.com, wss://sync.example.com/api/v1/federation/ws",
    "ws://sync.example.com:80, sync.example.com, wss://sync.example.com:80/api/v1/federation/ws",
    "https://a.example/api/v1/federation/ws, a.example, wss://a.example/api/v1/federation/ws",
    "wss://localhost:5379, localhost, wss://localhost:5379/api/v1/federation/ws",
    "ws://localhost:80, localhost, ws://localhost/api/v1/federation/ws",
    "ws://10.0.0.1:1, 10.0.0.1, wss://10.0.0.1:1/api/v1/federation/ws",
  })
  void homeIsADomainOrAUrl(String home, String host, String uri) {
    HomeAddress address = HomeAddress.of(home).orElseThrow();
    assertThat(address.host()).isEqualTo(host);
    assertThat(address.uri()).hasToString(uri);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a b",
        "ftp://sync.example.com",
        "wss://user@sync.example.com/x",
        "wss://sync.example.com/x?y=1",
        "wss://sync.example.com/x#y",
        "sync.example.com/x",
        "wss://",
        "ws://localhost:7152/admin/x",
        "a/b://c",
        "://c",
        "ws://a_b.example",
        "wss://sync.example.com/api/v1/federation/ws/"
      })
  void nothingElseIsCalled(String home) {
    assertThat(HomeAddress.of(home)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "sync.example.com, https://sync.example.com/api/v1/federation/",
    "localhost:5379, http://localhost:5379/api/v1/federation/",
  })
  void filesAreBesideTheWebSocket(String home, String folder) {
    FileKey key = new FileKey(new SpaceId(new UUID(1, 2)), new UUID(3, 4));
    assertThat(HomeAddress.of(home).orElseThrow().file(key))
        .hasToString(
            folder
                + "spaces/00000000-0000-0001-0000-000000000002"
                + "/files/00000000-0000-0003-0000-000000000004");
  }
}
