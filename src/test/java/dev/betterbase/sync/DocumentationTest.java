package dev.betterbase.sync;

import static java.util.function.Predicate.not;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The pages that the sources and the documentation name exist. A comment names a page by its file
 * name, and a section of it behind a comma or in parentheses. Several sections are separated by
 * commas or by "and".
 */
class DocumentationTest {
  /** Where a page that is named without a folder may be. */
  private static final List<Path> SHELVES =
      List.of(Path.of("docs/protocol"), Path.of("docs"), Path.of("docs/decisions"), Path.of(""));

  private static final Pattern PAGE = Pattern.compile("(?<![\\w./-])(\\w[\\w./-]*\\.md)\\b");

  /** A page, and behind it the sections, up to the end of the clause. */
  private static final Pattern CITATION =
      Pattern.compile(PAGE.pattern() + "(?:, ([^().;:]+(?:\\.\\w[^().;:]*)*)| \\(([^)]+)\\))?");

  private static final Pattern COMMENT_LINE = Pattern.compile("\\s*(?:/\\*\\*?|\\*/?|//|--|#)\\s?");
  private static final Pattern LINK = Pattern.compile("\\[[^\\]]*\\]\\(([^)\\s]+)\\)");
  private static final Pattern TEST = Pattern.compile("`([A-Z]\\w+(?:Test|IT))`");

  /** What the page to try the server tells: each sentence ends with a page and a heading on it. */
  private static final Pattern TOLD = Pattern.compile("\\btell\\(");

  private static final Pattern TOLD_OF = Pattern.compile("'([a-z]+\\.md)', '(#+ [^']+)'\\);");

  private static final Pattern HEX_BLOCK = Pattern.compile("```hex\n(.*?)```", Pattern.DOTALL);

  @Test
  void everyPageAndSectionThatASourceNamesExists() throws IOException {
    List<String> faults = new ArrayList<>();
    for (Path source : sources()) {
      for (Citation citation : citations(Files.readString(source))) {
        faultsOf(citation).map(fault -> source + ": " + fault).forEach(faults::add);
      }
    }
    assertThat(faults).isEmpty();
  }

  @Test
  void everyRelativeLinkLeadsToAFileAndAHeading() throws IOException {
    List<String> faults = new ArrayList<>();
    for (Path page : documents()) {
      LINK.matcher(prose(Files.readString(page)))
          .results()
          .map(link -> link.group(1))
          .filter(not(DocumentationTest::leavesTheRepository))
          .filter(link -> !resolves(page, link))
          .map(link -> page + ": " + link)
          .forEach(faults::add);
    }
    assertThat(faults).isEmpty();
  }

  @Test
  void everyStepOfThePageToTryTheServerLinksToAHeadingOfTheProtocol() throws IOException {
    long told = 0;
    List<String> links = new ArrayList<>();
    for (Path script : filesUnder("src/main/webapp/try", ".js")) {
      String source = Files.readString(script);
      told += TOLD.matcher(source).results().filter(call -> !isDeclaration(source, call)).count();
      for (MatchResult link : TOLD_OF.matcher(source).results().toList()) {
        links.add(link.group());
        assertThat(Path.of("docs/protocol", link.group(1)))
            .content()
            .contains("\n" + link.group(2) + "\n");
      }
    }
    assertThat(links).hasSize((int) told).hasSizeGreaterThan(10);
  }

  private static boolean isDeclaration(String source, MatchResult call) {
    return source.substring(0, call.start()).endsWith("function ");
  }

  @Test
  void everyPageThatADocumentNamesExists() throws IOException {
    List<String> faults = new ArrayList<>();
    for (Path page : documents()) {
      String withoutLinks = LINK.matcher(prose(Files.readString(page))).replaceAll(" ");
      PAGE.matcher(withoutLinks)
          .results()
          .map(name -> name.group(1))
          .filter(name -> find(name).isEmpty())
          .map(name -> page + ": " + name)
          .forEach(faults::add);
    }
    assertThat(faults).isEmpty();
  }

  @Test
  void everyTestThatADocumentNamesExists() throws IOException {
    Set<String> tests = new HashSet<>();
    for (Path source : filesUnder("src/test/java", ".java")) {
      tests.add(source.getFileName().toString().replace(".java", ""));
    }
    List<String> faults = new ArrayList<>();
    for (Path page : documents()) {
      TEST.matcher(withoutCodeBlocks(Files.readString(page)))
          .results()
          .map(name -> name.group(1))
          .filter(not(tests::contains))
          .map(name -> page + ": " + name)
          .forEach(faults::add);
    }
    assertThat(faults).isEmpty();
  }

  @Test
  void everyFrameShownInHexIsATestVector() throws IOException {
    String vectors = Files.readString(Path.of("src/test/resources/vectors/frames.json"));
    List<String> frames =
        HEX_BLOCK
            .matcher(Files.readString(Path.of("docs/protocol/protocol.md")))
            .results()
            .map(block -> block.group(1).replaceAll("#.*|\\s", ""))
            .toList();

    assertThat(frames).isNotEmpty();
    assertThat(frames.stream().filter(hex -> !vectors.contains('"' + hex + '"'))).isEmpty();
  }

  @Test
  void aCitationMayRunOverSeveralLinesAndNameSeveralSections() {
    String source =
        """
          /**
           * A frame (one.md, Close
           * codes, space.create and Order; RFC 6455). See two.md: it has more.
           */
          int three(); // three.md (Fields)
        """;

    assertThat(citations(source))
        .containsExactly(
            new Citation("one.md", List.of("Close codes", "space.create and Order")),
            new Citation("two.md", List.of()),
            new Citation("three.md", List.of("Fields")));
  }

  @Test
  void aPageOrSectionThatIsMissingIsAFault() {
    assertThat(faultsOf(new Citation("protocol.md", List.of("Close codes", "Order and 4006"))))
        .isEmpty();
    assertThat(faultsOf(new Citation("protocol.md", List.of("Ord"))))
        .containsExactly("protocol.md has no section Ord");
    assertThat(faultsOf(new Citation("no-such-page.md", List.of())))
        .containsExactly("no page no-such-page.md");
  }

  private record Citation(String page, List<String> sections) {}

  private static List<Citation> citations(String source) {
    return CITATION
        .matcher(joinComments(source))
        .results()
        .map(
            found -> {
              String sections = found.group(2) == null ? found.group(3) : found.group(2);
              return new Citation(
                  found.group(1),
                  sections == null ? List.of() : Arrays.asList(sections.strip().split(", ")));
            })
        .toList();
  }

  /** The text with consecutive lines of a comment joined into one line. */
  private static String joinComments(String source) {
    StringBuilder joined = new StringBuilder();
    for (String line : source.lines().toList()) {
      var comment = COMMENT_LINE.matcher(line);
      boolean isComment = comment.lookingAt();
      joined.append(isComment ? " " : "\n");
      joined.append(isComment ? line.substring(comment.end()) : line);
    }
    return joined.toString();
  }

  private static Stream<String> faultsOf(Citation citation) {
    Optional<Path> page = find(citation.page());
    if (page.isEmpty()) {
      return Stream.of("no page " + citation.page());
    }
    List<String> headings = headings(page.get());
    return citation.sections().stream()
        .filter(section -> !isHeading(headings, section))
        .flatMap(section -> Arrays.stream(section.split("(^| )and ")))
        .filter(section -> !isHeading(headings, section))
        .map(section -> citation.page() + " has no section " + section);
  }

  /** Whether a heading is the given one or begins with it, such as "4006: slow consumer". */
  private static boolean isHeading(List<String> headings, String section) {
    String wanted = section.strip().toLowerCase(Locale.ROOT);
    return headings.stream()
        .map(heading -> heading.toLowerCase(Locale.ROOT))
        .anyMatch(
            heading ->
                heading.equals(wanted)
                    || heading.startsWith(wanted + " ")
                    || heading.startsWith(wanted + ":"));
  }

  private static Optional<Path> find(String page) {
    if (page.contains("/")) {
      return Optional.of(Path.of(page)).filter(Files::isRegularFile);
    }
    return SHELVES.stream()
        .map(shelf -> shelf.resolve(page))
        .filter(Files::isRegularFile)
        .findAny();
  }

  private static boolean leavesTheRepository(String link) {
    return link.startsWith("https://") || link.startsWith("http://");
  }

  private static boolean resolves(Path page, String link) {
    int hash = link.indexOf('#');
    String file = hash < 0 ? link : link.substring(0, hash);
    Path target = file.isEmpty() ? page : page.resolveSibling(file).normalize();
    if (hash < 0) {
      return Files.exists(target);
    }
    return Files.isRegularFile(target)
        && anchors(headings(target))
            .contains(URLDecoder.decode(link.substring(hash + 1), StandardCharsets.UTF_8));
  }

  private static List<String> headings(Path page) {
    try {
      return withoutCodeBlocks(Files.readString(page))
          .lines()
          .filter(line -> line.matches("#{1,6} .*"))
          .map(line -> line.replaceFirst("#+ ", "").replace("`", "").strip())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The anchors that GitHub makes of headings. */
  private static Set<String> anchors(List<String> headings) {
    Set<String> anchors = new HashSet<>();
    for (String heading : headings) {
      String anchor =
          heading.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-');
      int count = 0;
      String unique = anchor;
      while (!anchors.add(unique)) {
        count++;
        unique = anchor + "-" + count;
      }
    }
    return anchors;
  }

  private static String prose(String page) {
    return withoutCodeBlocks(page).replaceAll("`[^`\n]*`", "");
  }

  private static String withoutCodeBlocks(String page) {
    boolean[] inside = {false};
    return page.lines()
        .filter(
            line -> {
              boolean fence = line.strip().startsWith("```");
              inside[0] ^= fence;
              return !fence && !inside[0];
            })
        .collect(joining("\n"));
  }

  private static Set<Path> sources() throws IOException {
    Set<Path> sources = new TreeSet<>(List.of(Path.of("pom.xml"), Path.of("Dockerfile")));
    sources.addAll(filesUnder("src", ".java", ".sql", ".xml", ".properties", "frames.json"));
    sources.addAll(filesUnder("server-config", ".cli", ".asadmin"));
    sources.removeIf(source -> source.endsWith("DocumentationTest.java"));
    return sources;
  }

  private static Set<Path> documents() throws IOException {
    Set<Path> documents = filesUnder("docs", ".md");
    documents.addAll(filesUnder("server-config", ".md"));
    try (Stream<Path> top = Files.list(Path.of(""))) {
      top.filter(file -> file.toString().endsWith(".md")).forEach(documents::add);
    }
    return documents;
  }

  private static Set<Path> filesUnder(String folder, String... endings) throws IOException {
    try (Stream<Path> files = Files.walk(Path.of(folder))) {
      Set<Path> found = new TreeSet<>();
      files
          .filter(Files::isRegularFile)
          .filter(file -> Arrays.stream(endings).anyMatch(file.toString()::endsWith))
          .forEach(found::add);
      return found;
    }
  }
}
