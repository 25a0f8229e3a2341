package dev.betterbase.sync.http;

import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * The files of a web page, from a folder in WEB-INF, which no container serves by itself.
 *
 * <p>A request names one of the files that were there at the start, so no path leads elsewhere.
 */
public final class StaticPages {
  /** No page at all. */
  public static final StaticPages NONE = new StaticPages(Map.of(), "");

  private final Map<String, StaticPage> pages;
  private final String connectSources;

  private StaticPages(Map<String, StaticPage> pages, String connectSources) {
    this.pages = Map.copyOf(pages);
    this.connectSources = connectSources;
  }

  /**
   * Reads all files of a folder.
   *
   * @param folder such as {@code /WEB-INF/pages}
   * @param first the path within the folder of the page that is served as {@code /}
   */
  public static StaticPages read(ServletContext application, String folder, String first)
      throws ServletException {
    Map<String, StaticPage> found = new HashMap<>();
    try {
      read(application, folder.length(), folder + "/", found);
    } catch (IOException failure) {
      throw new ServletException("cannot read the pages", failure);
    }
    StaticPage page = found.remove(first);
    if (page == null) {
      throw new ServletException("there is no " + folder + first);
    }
    found.put("/", page);
    return new StaticPages(found, "");
  }

  /**
   * The same pages, which may also connect elsewhere.
   *
   * @param sources for {@code connect-src} of the security policy, each with a space before it
   */
  StaticPages connectingTo(String sources) {
    return new StaticPages(pages, sources);
  }

  private static void read(
      ServletContext application, int prefix, String folder, Map<String, StaticPage> found)
      throws IOException {
    Set<String> paths = application.getResourcePaths(folder);
    for (String path : paths == null ? Set.<String>of() : paths) {
      if (path.endsWith("/")) {
        read(application, prefix, path, found);
      } else if (StaticPage.isNamed(path)) {
        try (InputStream content = application.getResourceAsStream(path)) {
          found.put(path.substring(prefix), StaticPage.of(path, content.readAllBytes()));
        }
      }
    }
  }

  /**
   * Sets the headers of all pages, by which a browser runs nothing that is not a file of this
   * server, and shows the response to no other site.
   */
  public static void protect(HttpServletResponse response) {
    StaticPage.protect(response, "");
  }

  /**
   * Answers a GET or HEAD of one of the files.
   *
   * @param path within the folder
   * @return false if it is none of them, or another method; nothing was done then
   */
  public boolean serve(String path, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    StaticPage page = pages.get(path);
    String method = request.getMethod();
    if (page == null || !(method.equals("GET") || method.equals("HEAD"))) {
      return false;
    }
    page.send(request, response, connectSources);
    return true;
  }
}
