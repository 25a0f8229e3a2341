package dev.betterbase.sync.settings;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;

/**
 * A file that holds one secret, as Docker and Kubernetes mount them. Others may be able to read the
 * file, because those mounts are readable by all users of their container, but not to write to it.
 */
final class SecretFile {
  private static final int MOST_BYTES = 64 * 1024;
  private static final String BYTE_ORDER_MARK = "\uFEFF";

  private SecretFile() {}

  /**
   * Reads the secret, without the spaces and line ends around it.
   *
   * @param setting the secret
   * @param variable the variable that names the file, for errors
   * @param name the path of the file
   * @throws InvalidSetting if it is not a regular file of UTF-8 text without a byte order mark, not
   *     empty and of at most 64 KiB, which this process may read and not everybody may write to;
   *     the message shows nothing of the content
   */
  static String read(Setting setting, String variable, String name) {
    Path file = path(setting, variable, name);
    try {
      // A pipe could be read only once, but the launcher and the application both read settings.
      if (!Files.isRegularFile(file)) {
        throw refused(
            setting, variable, name, Files.exists(file) ? "is not a regular file" : "is missing");
      }
      if (isWritableByAll(file)) {
        throw refused(setting, variable, name, "may be changed by all users: run chmod o-w on it");
      }
      String secret = text(setting, variable, name, content(file)).strip();
      if (secret.isEmpty()) {
        throw refused(setting, variable, name, "is empty");
      }
      // Nobody sees it, and it would be part of the secret.
      if (secret.startsWith(BYTE_ORDER_MARK)) {
        throw refused(
            setting, variable, name, "begins with a byte order mark: save it as UTF-8 without one");
      }
      return secret;
    } catch (IOException e) {
      throw refused(setting, variable, name, "cannot be read by the user of this process");
    }
  }

  private static Path path(Setting setting, String variable, String name) {
    try {
      return Path.of(name);
    } catch (InvalidPathException e) {
      throw refused(setting, variable, name, "is not a path");
    }
  }

  private static boolean isWritableByAll(Path file) throws IOException {
    return FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
        && Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_WRITE);
  }

  private static byte[] content(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(MOST_BYTES + 1);
    }
  }

  private static String text(Setting setting, String variable, String name, byte[] content) {
    if (content.length > MOST_BYTES) {
      throw refused(setting, variable, name, "is longer than " + MOST_BYTES + " bytes");
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
    } catch (CharacterCodingException e) {
      throw refused(setting, variable, name, "is not UTF-8 text");
    }
  }

  private static InvalidSetting refused(
      Setting setting, String variable, String name, String fault) {
    return new InvalidSetting(
        setting, variable + "=" + InvalidSetting.shown(name) + ": the file " + fault);
  }
}
