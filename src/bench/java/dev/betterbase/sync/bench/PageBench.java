package dev.betterbase.sync.bench;

import dev.betterbase.sync.testing.AdminClient;
import dev.betterbase.sync.testing.Browser;
import dev.betterbase.sync.testing.ServerProcess;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.openqa.selenium.Keys;

/**
 * The page to try the server and the admin page in Chromium: the time until something is painted,
 * the time until the page has its first figures or clients, and the bytes on the wire. Beside them
 * stands what the same browser and server need for the least page there is: the answer of {@code
 * /health}, 20 bytes that Chromium shows as text. All three are opened in turns. Takes about a
 * minute.
 *
 * <p>{@code mvn -Pbench package -Dbench.program=pages}
 */
public final class PageBench {
  private static final int ROUNDS = 15;

  /** The first rounds warm up the server and the browser, and are not counted. */
  private static final int WARM_UP = 3;

  /** One page, and the selector of what is there once it works. */
  private record Page(String name, String path, String ready) {}

  private static final List<Page> PAGES =
      List.of(
          new Page("L: `/health`", "/health", "body"),
          new Page("the page to try the server", "/", "html[data-ready]"),
          new Page("the admin page", "/admin/", "html[data-ready]"));

  /** What one visit took, in milliseconds and in bytes of responses with their headers. */
  private record Visit(double firstPaint, double ready, long bytes, long requests) {}

  private final ServerProcess server;
  private final Browser browser;

  private PageBench(ServerProcess server, Browser browser) {
    this.server = server;
    this.browser = browser;
  }

  /** Runs it all; takes no arguments. */
  public static void main(String[] arguments) {
    try (ServerProcess server =
            ServerProcess.dev().name("bench-pages").with("ADMIN_TOKEN", AdminClient.TOKEN).start();
        Browser browser = Browser.start()) {
      new PageBench(server, browser).run(System.out);
    }
  }

  private void run(PrintStream out) {
    browser.look(1280, 900, "light");
    signIn();
    out.println("| page | cache | first paint | slowest | ready | requests | bytes |");
    out.println("| --- | --- | ---: | ---: | ---: | ---: | ---: |");
    for (boolean cached : new boolean[] {false, true}) {
      visits(cached).forEach((page, visits) -> print(out, page, cached, visits));
    }
  }

  private void signIn() {
    browser.open(server.uri("/admin/").toString());
    browser.find("#sign-in:not([hidden])");
    browser.find("#token").sendKeys(AdminClient.TOKEN, Keys.ENTER);
    browser.find("html[data-ready]");
  }

  private Map<Page, List<Visit>> visits(boolean cached) {
    Map<Page, List<Visit>> visits = new LinkedHashMap<>();
    for (int round = 0; round < WARM_UP + ROUNDS; round++) {
      for (Page page : PAGES) {
        if (!cached) {
          browser.forgetFiles();
        }
        Visit visit = visit(page);
        if (round >= WARM_UP) {
          visits.computeIfAbsent(page, key -> new ArrayList<>()).add(visit);
        }
      }
    }
    return visits;
  }

  private Visit visit(Page page) {
    browser.open(server.uri(page.path()).toString());
    browser.find(page.ready());
    List<?> measured = (List<?>) browser.run(MEASURED);
    return new Visit(
        number(measured.get(0)).doubleValue(),
        number(measured.get(1)).doubleValue(),
        number(measured.get(2)).longValue(),
        number(measured.get(3)).longValue());
  }

  private static Number number(Object value) {
    return (Number) value;
  }

  /** Paint Timing and Resource Timing, without the calls of the pages to the API. */
  private static final String MEASURED =
      """
      const paint = performance.getEntriesByName('first-contentful-paint')[0];
      const files = [...performance.getEntriesByType('navigation'),
        ...performance.getEntriesByType('resource').filter(e => !/\\/(api|dev)\\//.test(e.name))];
      const ready = performance.getEntriesByName('ready')[0];
      return [paint.startTime, (ready ?? paint).startTime,
        files.reduce((sum, file) => sum + file.transferSize, 0),
        files.filter(file => file.transferSize > 0).length];
      """;

  private static void print(PrintStream out, Page page, boolean cached, List<Visit> visits) {
    double[] paints = visits.stream().mapToDouble(Visit::firstPaint).sorted().toArray();
    double[] ready = visits.stream().mapToDouble(Visit::ready).sorted().toArray();
    Visit last = visits.getLast();
    out.printf(
        Locale.ROOT,
        "| %s | %s | %.0f ms | %.0f ms | %.0f ms | %d | %,d |%n",
        page.name(),
        cached ? "filled" : "empty",
        paints[paints.length / 2],
        paints[paints.length - 1],
        ready[ready.length / 2],
        last.requests(),
        last.bytes());
  }
}
