package dev.betterbase.sync.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.testing.Browser;
import dev.betterbase.sync.testing.DevelopmentServer;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.Relay;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/**
 * The page to try the server, in a real browser. With {@code -Dscreenshots=docs/images} it renews
 * the pictures of the README.
 */
@IntegrationTest
@Order(0) // It is among the longest.
@ResourceLock("the browser") // One test after another.
class TryItIT {
  private static final String READY = "html[data-ready]";
  private static final String ADAS_NOTE = "#ada .card textarea";
  private static final String BENS_NOTE = "#ben .card textarea";
  private static final Path PICTURES =
      Path.of(System.getProperty("screenshots", "target/screenshots"));

  private static Browser browser;
  private static String url;

  @BeforeAll
  static void start() {
    browser = Browser.start();
    url = DevelopmentServer.shared().uri("/").toString();
  }

  @AfterAll
  static void stop() {
    if (browser != null) {
      browser.close();
    }
  }

  @BeforeEach
  void open() {
    browser.look(1280, 900, "light");
    browser.open(url);
    browser.find(READY);
  }

  /** A violation of the security policy is an error on the console, too. */
  @AfterEach
  void nothingWentWrong() {
    assertThat(browser.complaints()).isEmpty();
  }

  private static void write(String client, String text) {
    browser.find("#" + client + "-new").sendKeys(text, Keys.ENTER);
  }

  private static void click(String css) {
    browser.find(css).click();
  }

  private static void replace(String css, String text) {
    WebElement note = browser.find(css);
    note.sendKeys(Keys.chord(Keys.CONTROL, "a"), text);
  }

  /** The story may change at any time, so a sentence is waited for. */
  private static void awaitStory(String sentence) {
    browser.awaitText("#story", sentence);
  }

  @Test
  void aNoteTravelsEncrypted() throws IOException {
    write("ada", "Milk and bread");
    browser.awaitText(BENS_NOTE, "Milk and bread");
    awaitStory("Ben got it as a notification");
    browser.awaitText("#ben .presence", "Ada is here now.");

    replace(BENS_NOTE, "Oat milk");
    browser.awaitText(ADAS_NOTE, "Oat milk");
    assertThat(browser.find("#stored").getText()).contains("04 ").doesNotContain("milk", "Milk");
    browser.run("document.querySelectorAll('#wire details').forEach(d => d.open = true)");
    browser.awaitText("#wire details[open] pre", "\"type\"");
    assertThat(browser.find("#wire").getText()).contains("push").doesNotContain("milk", "Milk");

    Path file = Files.writeString(Files.createTempFile("ticket", ".txt"), "number 4711");
    browser.find("#ada .card input[type=file]").sendKeys(file.toString());
    browser.find("#ben .card .file").click();
    awaitStory("decrypted it to 11 bytes");
    Files.delete(file);

    click("#ada .card .tools button");
    await().until(() -> browser.count("#ben .card") == 0);
  }

  @Test
  void whatBothChangedOfflineIsSettled() {
    write("ada", "Milk");
    browser.awaitText(BENS_NOTE, "Milk");
    click("#ben .switch");
    browser.awaitText("#ben .state", "Offline");
    browser.awaitText("#ada .presence", "Nobody else is here.");
    replace(ADAS_NOTE, "Oat milk");
    replace(BENS_NOTE, "Rye bread");
    browser.awaitText("#ben .status", "Waits on this device");
    browser.awaitText("#ada .status", "Synced");

    click("#ben .switch");
    browser.find("#ben .conflict:not([hidden])");
    awaitStory("shows both, and asks");
    browser.awaitText("#ben .conflict", "Oat milk");
    assertThat(browser.faultsOfAccessibility()).isEmpty();
    click("#ben .conflict button:last-child");
    browser.awaitText(ADAS_NOTE, "Oat milk\nRye bread");
    browser.awaitText(BENS_NOTE, "Oat milk\nRye bread");
  }

  @Test
  void whoIsRemovedReadsNothingMoreUntilInvitedAgain() {
    write("ada", "Before");
    browser.awaitText(BENS_NOTE, "Before");
    click("#ada .extra button:first-child");
    awaitStory("ended Ben's subscription at once");
    click("#ada .extra button:last-child");
    browser.awaitText("#fact-epoch", "2");
    awaitStory("The keys of 1 record were wrapped anew");
    write("ada", "After");
    browser.awaitText("#ada .card .status", "cursor 2");
    assertThat(browser.count("#ben .card")).isEqualTo(1);

    click("#ada .extra button:first-child");
    click("#ben .notice button");
    browser.awaitText(BENS_NOTE, "After");
    write("ben", "Back again");
    browser.awaitText(ADAS_NOTE, "Back again");
  }

  @Test
  void theKeyboardIsEnough() {
    browser.type(Keys.TAB);
    assertThat(browser.focused().getText()).isEqualTo("Skip to the clients");
    browser.type(Keys.ENTER);
    browser.type(Keys.TAB); // the switch
    browser.type(Keys.TAB);
    assertThat(browser.focused().getAttribute("id")).isEqualTo("ada-new");
    browser.type("By keyboard", Keys.ENTER);
    browser.awaitText(BENS_NOTE, "By keyboard");

    browser.type(Keys.TAB); // the button
    browser.type(Keys.TAB);
    assertThat(browser.focused().getTagName()).isEqualTo("textarea");
    browser.type(Keys.TAB);
    assertThat(browser.focused().getAttribute("type")).isEqualTo("file");
    browser.type(Keys.TAB);
    browser.type(Keys.ENTER);
    await().until(() -> browser.count(BENS_NOTE) == 0);
    assertThat(browser.focused().getAttribute("id")).isEqualTo("ada-new");

    browser.typeHolding(Keys.SHIFT, Keys.TAB);
    browser.type(Keys.SPACE);
    browser.awaitText("#ada .state", "Offline");
    browser.type(Keys.SPACE);
    browser.awaitText("#ada .state", "Connected");
    awaitStory("Ada is back, and has missed nothing");
    browser.run("document.querySelector('#wire summary').focus()");
    browser.type(Keys.ENTER);
    browser.awaitText("#wire details[open] pre", "\"type\"");
  }

  @Test
  @NightlyTest
  void itLooksRightInEachSizeAndColour() {
    exchangeNotes();
    for (String scheme : new String[] {"light", "dark"}) {
      browser.look(1280, 1200, scheme);
      browser.run("document.activeElement.blur(); scrollTo(0, 0)");
      assertThat(browser.faultsOfAccessibility()).as(scheme).isEmpty();
      browser.photograph(PICTURES.resolve("try-it-" + scheme + ".png"));
    }
  }

  @Test
  void itFitsANarrowScreen() {
    exchangeNotes();
    browser.look(320, 700, "light");
    assertThat(browser.run("return document.documentElement.scrollWidth <= innerWidth"))
        .isEqualTo(true);
    assertThat((List<?>) browser.run(OUT_OF_THEIR_PANEL)).isEmpty();
    assertThat(browser.faultsOfAccessibility()).isEmpty();
  }

  private static void exchangeNotes() {
    write("ada", "Milk, bread, and a present for Cleo");
    browser.awaitText(BENS_NOTE, "Cleo");
    write("ben", "Book the night train to Lisbon");
    browser.awaitText("#ada .card .status", "cursor 2");
    awaitStory("Ada got it as a notification");
  }

  /** Elements that stick out of their panel, except within what can be scrolled. */
  private static final String OUT_OF_THEIR_PANEL =
      """
      return [...document.querySelectorAll('main section')].flatMap(panel =>
        [...panel.querySelectorAll('*')]
          .filter(e => e.closest('.scroll, .hidden') === null || e.matches('.scroll'))
          .filter(e => e.getBoundingClientRect().right > panel.getBoundingClientRect().right)
          .map(e => e.outerHTML.slice(0, 100)))
      """;

  @Test
  void aLostConnectionSaysSoAndComesBack() {
    try (Relay relay = Relay.to(DevelopmentServer.shared().port())) {
      browser.open("http://127.0.0.1:" + relay.port() + "/");
      browser.find(READY);
      relay.cut();
      browser.awaitText("#ada .lost:not([hidden])", "The connection to the server is lost");
      browser.awaitText("#ben .state", "Connection lost");
      write("ada", "Written without a server");
      browser.awaitText("#ada .status", "Waits on this device");
      relay.reopen();
      browser.awaitText(BENS_NOTE, "Written without a server");
      browser.awaitText("#ada .state", "Connected");
    }
    // Chromium itself reports each attempt that failed.
    assertThat(browser.complaints()).allMatch(line -> line.contains("ERR_CONNECTION"));
  }

  @Test
  void withoutWebCryptoItSaysWhyNothingWorks() {
    browser.openAfter("Object.defineProperty(crypto, 'subtle', {value: undefined})", url);
    browser.awaitText("#unsupported", "This browser has no WebCrypto");
    assertThat(browser.find("#unsupported").isDisplayed()).isTrue();
    assertThat(browser.faultsOfAccessibility()).isEmpty();
    await().during(Duration.ofMillis(200)).until(() -> browser.count("#ada-new") == 0);
  }

  /** No current browser runs this script by itself. */
  @Test
  void aBrowserWithoutModulesIsToldWhyNothingWorks() throws IOException {
    browser.run(Files.readString(Path.of("src/main/webapp/try/old.js")));
    browser.awaitText("#unsupported:not([hidden])", "This browser is too old for this page.");
  }
}
