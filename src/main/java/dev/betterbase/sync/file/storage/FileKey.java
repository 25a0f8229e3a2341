package dev.betterbase.sync.file.storage;

import dev.betterbase.sync.protocol.SpaceId;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The key of a file. A client chooses the id, so it is unique within its space only.
 *
 * @param space the space that the file belongs to
 * @param file the id of the file
 */
public record FileKey(SpaceId space, UUID file) {
  /** The prefix of all paths. */
  static final String FOLDER = "spaces/";

  private static final Pattern PATH = Pattern.compile(FOLDER + "([^/]+)/files/([^/]+)");

  public FileKey {
    Objects.requireNonNull(space);
    Objects.requireNonNull(file);
  }

  /** From a row. */
  public FileKey(UUID space, UUID file) {
    this(new SpaceId(space), file);
  }

  /** The key whose {@link #path} this is; empty for any other path. */
  static Optional<FileKey> ofPath(String path) {
    Matcher parts = PATH.matcher(path);
    if (!parts.matches()) {
      return Optional.empty();
    }
    try {
      FileKey key = new FileKey(UUID.fromString(parts.group(1)), UUID.fromString(parts.group(2)));
      return key.path().equals(path) ? Optional.of(key) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /**
   * The path of the bytes, under the folder or in the bucket (http.md, Files). It consists of two
   * canonical UUIDs, so no spelling of an id can lead anywhere else.
   */
  public String path() {
    return FOLDER + space + "/files/" + file;
  }
}
