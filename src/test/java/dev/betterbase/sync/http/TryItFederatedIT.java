package dev.betterbase.sync.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.testing.Browser;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.Ports;
import dev.betterbase.sync.testing.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.openqa.selenium.Keys;

/**
 * The page to try the server, with a second development server that the first one trusts, started
 * as docs/federation.md says (On one machine).
 */
@IntegrationTest
@NightlyTest
@ResourceLock("the browser") // One test after another.
class TryItFederatedIT {
  private static final String READY = "html[data-ready]";
  private static final String ADAS_NOTE = "#ada .card textarea";
  private static final String BENS_NOTE = "#ben .card textarea";

  private static String home;
  private static String other;
  private static ServerProcess first;
  private static ServerProcess second;
  private static Browser browser;

  @BeforeAll
  static void start() {
    int one = Ports.free();
    int two = Ports.free();
    home = "localhost:" + one;
    other = "127.0.0.1:" + two;
    CompletableFuture<ServerProcess> starting =
        CompletableFuture.supplyAsync(() -> server(two, other, home));
    first = server(one, home, other);
    second = starting.join();
    browser = Browser.start();
  }

  private static ServerProcess server(int port, String own, String trusted) {
    return ServerProcess.dev()
        .name("dev-federated")
        .port(port)
        .with("FEDERATION_DOMAIN", own)
        .with("FEDERATION_TRUSTED_DOMAINS", trusted)
        .with("FEDERATION_FST_SECRET", "the secret, of more than 32 bytes, of " + own)
        .start();
  }

  @AfterAll
  static void stop() {
    if (browser != null) {
      browser.close();
    }
    if (first != null) {
      first.close();
    }
    if (second != null) {
      second.close();
    }
  }

  @Test
  void aClientMovesToTheOtherServer() throws IOException {
    browser.look(1280, 1200, "light");
    browser.open("http://" + home + "/");
    browser.find(READY);
    browser.awaitText("#ben .extra", "It trusts another server on this machine.");
    assertThat(browser.faultsOfAccessibility()).isEmpty();
    browser.find("#ben .extra a").click();
    browser.awaitText("#server-note", "Ben's go to " + other);
    browser.find(READY);
    browser.awaitText("#story", "invited Ben, who uses " + other);

    browser.find("#ada-new").sendKeys("Milk and bread", Keys.ENTER);
    browser.awaitText(BENS_NOTE, "Milk and bread");
    browser.awaitText("#story", "Ben got it as a notification");
    browser
        .find(BENS_NOTE)
        .sendKeys(Keys.chord(Keys.CONTROL, "a"), "Oat milk from the other server");
    browser.awaitText(ADAS_NOTE, "Oat milk from the other server");

    Path file = Files.writeString(Files.createTempFile("ticket", ".txt"), "number 4711");
    browser.find("#ben .card input[type=file]").sendKeys(file.toString());
    browser.find("#ada .card .file").click();
    browser.awaitText("#story", "decrypted it to 11 bytes");
    Files.delete(file);
    assertThat(browser.faultsOfAccessibility()).isEmpty();
    browser.photograph(Path.of("target/screenshots/try-it-federated.png"));

    browser.find("#ada .extra button:first-child").click();
    browser.awaitText("#story", "ended Ben's subscription at once");
    browser.find("#ada .extra button:last-child").click();
    browser.awaitText("#fact-epoch", "2");
    browser.find("#ada .extra button:first-child").click();
    browser.find("#ben .notice button").click();
    browser.find("#ben-new").sendKeys("Back again", Keys.ENTER);
    browser.awaitText(ADAS_NOTE, "Back again");

    browser.look(320, 700, "dark");
    assertThat(browser.run("return document.documentElement.scrollWidth <= innerWidth"))
        .isEqualTo(true);
    assertThat(browser.faultsOfAccessibility()).isEmpty();
    browser.find("#ben .extra a").click();
    await().until(() -> !browser.find("#server-note").isDisplayed());
    browser.find(READY);
    assertThat(browser.complaints()).isEmpty();
  }
}
