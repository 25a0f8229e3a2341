package dev.betterbase.sync.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.NoSuchElementException;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/**
 * The Chromium that is installed, without a window. Without it there is nothing to test, but in CI
 * it must be there. It downloads nothing.
 */
public final class Browser implements AutoCloseable {
  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
  private static final Duration LIMIT = Duration.ofMinutes(1);

  private final ChromeDriver driver;

  private Browser(ChromeDriver driver) {
    this.driver = driver;
  }

  /** Starts the browser with an empty profile. */
  public static Browser start() {
    if (!Files.isExecutable(CHROMIUM) || !Files.isExecutable(DRIVER)) {
      assumeThat(System.getenv("CI"))
          .as("chromium and chromium-driver are not installed")
          .isNotNull();
      throw new AssertionError("no " + CHROMIUM + " or no " + DRIVER + ": see CONTRIBUTING.md");
    }
    try {
      Path profile =
          Files.createTempDirectory(Files.createDirectories(Path.of("target")), "browser");
      LoggingPreferences logs = new LoggingPreferences();
      logs.enable(LogType.BROWSER, Level.ALL);
      ChromeOptions options = new ChromeOptions();
      options.setBinary(CHROMIUM.toFile());
      options.setCapability("goog:loggingPrefs", logs);
      options.addArguments(
          "--headless",
          "--no-sandbox",
          "--disable-gpu",
          "--disable-quic",
          "--no-first-run",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync",
          "--user-data-dir=" + profile.toAbsolutePath());
      return new Browser(
          new ChromeDriver(
              new ChromeDriverService.Builder()
                  .usingDriverExecutable(DRIVER.toFile())
                  .withSilent(true)
                  .build(),
              options));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sets the size of the window and the colours that the person prefers: light or dark. */
  public void look(int width, int height, String scheme) {
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    driver.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of(
            "features",
            List.of(
                Map.of("name", "prefers-color-scheme", "value", scheme),
                Map.of("name", "prefers-reduced-motion", "value", "reduce"))));
  }

  /** Loads a page. */
  public void open(String url) {
    driver.get(url);
  }

  /** Loads a page after a script that runs before those of the page. */
  public void openAfter(String script, String url) {
    Map<String, Object> added =
        driver.executeCdpCommand("Page.addScriptToEvaluateOnNewDocument", Map.of("source", script));
    try {
      driver.get(url);
    } finally {
      driver.executeCdpCommand("Page.removeScriptToEvaluateOnNewDocument", added);
    }
  }

  /** Empties the cache of files; cookies stay. */
  public void forgetFiles() {
    driver.executeCdpCommand("Network.clearBrowserCache", Map.of());
  }

  /** Waits for an element and returns it. */
  public WebElement find(String css) {
    return await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(30))
        .ignoreExceptionsInstanceOf(NoSuchElementException.class)
        .until(() -> driver.findElement(By.cssSelector(css)), element -> true);
  }

  /** The number of elements there are now. */
  public int count(String css) {
    return driver.findElements(By.cssSelector(css)).size();
  }

  /** Waits until the text or the value of an element contains a text. */
  public void awaitText(String css, String expected) {
    await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(30))
        .ignoreExceptionsInstanceOf(NoSuchElementException.class)
        .ignoreExceptionsInstanceOf(StaleElementReferenceException.class)
        .untilAsserted(() -> assertThat(textOf(css)).contains(expected));
  }

  private String textOf(String css) {
    Object text =
        run(
            "const e = document.querySelector(arguments[0]);"
                + " return e === null ? '' : e.value ?? e.textContent",
            css);
    return String.valueOf(text);
  }

  /** The element that has the focus. */
  public WebElement focused() {
    return driver.switchTo().activeElement();
  }

  /** Presses keys, one after another, as a person does. */
  public void type(CharSequence... keys) {
    new Actions(driver).sendKeys(keys).perform();
  }

  /** Presses a key while another is held. */
  public void typeHolding(Keys held, Keys key) {
    new Actions(driver).keyDown(held).sendKeys(key).keyUp(held).perform();
  }

  /** Runs a script in the page and returns its result. */
  public Object run(String script, Object... arguments) {
    return driver.executeScript(script, arguments);
  }

  /** What axe-core finds on the page, one line for each element. */
  public List<String> faultsOfAccessibility() {
    run(axe());
    Object found =
        driver.executeAsyncScript(
            """
            const done = arguments[arguments.length - 1];
            axe.run({resultTypes: ['violations']}).then(
              ({violations}) => done(violations.flatMap(({id, nodes}) =>
                nodes.map(({html, failureSummary}) => `${id}: ${html} ${failureSummary}`))),
              error => done([String(error)]));
            """);
    List<String> faults = new ArrayList<>();
    ((List<?>) found).forEach(fault -> faults.add(String.valueOf(fault)));
    return faults;
  }

  private static String axe() {
    try (InputStream script = Browser.class.getResourceAsStream("/axe.min.js")) {
      if (script == null) {
        throw new IllegalStateException("no axe.min.js on the class path");
      }
      return new String(script.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Errors and warnings on the console since the last call, those of the security policy too. */
  public List<String> complaints() {
    List<String> complaints = new ArrayList<>();
    for (LogEntry entry : driver.manage().logs().get(LogType.BROWSER)) {
      if (entry.getLevel().intValue() >= Level.WARNING.intValue()) {
        complaints.add(entry.getMessage());
      }
    }
    return complaints;
  }

  /** Writes what is in the window to a PNG file. */
  public void photograph(Path file) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.write(file, driver.getScreenshotAs(OutputType.BYTES));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    driver.quit();
  }
}
