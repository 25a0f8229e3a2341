import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * Checks the Java sources: google-java-format, then Error Prone and NullAway. The build starts this
 * program beside the compiler, and once more to get the result: the second run waits for the first,
 * and checks again only if something has changed since.
 *
 * <p>The arguments are {@code check}, the class path of the tests and the folders for Error Prone,
 * or {@code format}, which rewrites the sources instead.
 */
class Checks {
  private static final Path LOCK = Path.of("target/tools/checks.lock");

  private Checks() {}

  public static void main(String[] arguments) throws Exception {
    boolean passed;
    try (FileChannel channel =
            FileChannel.open(LOCK, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.lock()) {
      passed =
          switch (arguments[0]) {
            case "check" -> check(List.of(arguments).subList(1, arguments.length));
            case "format" -> Format.run(Format.REPLACE);
            default -> throw new IllegalArgumentException("Not check or format: " + arguments[0]);
          };
    }
    System.exit(passed ? 0 : 1);
  }

  private static boolean check(List<String> arguments) throws Exception {
    boolean formatted = Format.run(Format.CHECK);
    List<Path> folders = arguments.stream().skip(1).map(Path::of).toList();
    String found = new ErrorProne(arguments.getFirst(), folders).findings();
    System.err.print(found);
    return formatted && found.isEmpty();
  }
}
