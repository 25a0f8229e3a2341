package dev.betterbase.sync.launcher.postgres;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * Lets {@code initdb} run as a user that has no entry in {@code /etc/passwd}, as in a container
 * with {@code --user 12345}.
 *
 * <p>{@code initdb}, and {@code postgres --single} that it calls, ask for the user's name and end
 * if there is none. Neither needs the name: {@code initdb} gets the name of the superuser as an
 * argument, and {@code postgres --single} checks no user. The server itself does not ask. This
 * class copies the two programs and changes one name in the copies' lists of imported functions:
 * {@code getpwuid} becomes {@code getpwent}. It has the same result type and returns the first user
 * of the system, so the programs get the name that they will not use.
 */
final class UnlistedUser implements AutoCloseable {
  private static final String NAME = "postgresql-unlisted-user";
  private static final List<String> CHANGED = List.of("initdb", "postgres");
  // ISO 8859-1 maps bytes and characters one to one. The list ends each name with a zero byte.
  private static final String IMPORT = "\0getpwuid\0";
  private static final String REPLACEMENT = "\0getpwent\0";

  private final DataFolder data;

  private UnlistedUser(DataFolder data) {
    this.data = data;
  }

  /** Whether {@code initdb} has failed because the user has no entry. */
  static boolean isReasonOf(ProgramRun run) {
    return run.output().contains("could not look up effective user ID");
  }

  /** Makes the changed copies, which last until this is closed. */
  static UnlistedUser copyPrograms(Path programs, DataFolder data) throws IOException {
    UnlistedUser user = new UnlistedUser(data);
    data.deleteFolder(NAME);
    Path target = Files.createDirectories(user.programs().resolve("bin"));
    // The programs look for these folders beside the one in which they are.
    for (String folder : List.of("lib", "share")) {
      Files.createSymbolicLink(user.programs().resolve(folder), programs.resolve(folder));
    }
    for (String program : CHANGED) {
      Path original = programs.resolve("bin").resolve(program);
      Path copy = target.resolve(program);
      Files.copy(original, copy, StandardCopyOption.COPY_ATTRIBUTES);
      String content = Files.readString(original, StandardCharsets.ISO_8859_1);
      Files.writeString(copy, content.replace(IMPORT, REPLACEMENT), StandardCharsets.ISO_8859_1);
    }
    return user;
  }

  /** The folder that has {@code bin} with the changed programs. */
  Path programs() {
    return data.resolve(NAME);
  }

  @Override
  public void close() throws IOException {
    data.deleteFolder(NAME);
  }
}
