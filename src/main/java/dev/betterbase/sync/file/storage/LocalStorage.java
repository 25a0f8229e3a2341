package dev.betterbase.sync.file.storage;

import java.io.EOFException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Iterator;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Files on a local disk. The bytes are synced before they get their final name, and the folder
 * after it, so a power cut leaves the whole file or none of it. Renaming is atomic only within one
 * file system, so the folder must not span several.
 */
public final class LocalStorage implements Storage {
  private static final int BUFFER_BYTES = 64 * 1024;
  private static final FileAttribute<?>[] NONE = {};

  private final Path root;
  private final boolean posix;

  /**
   * @param root the folder that holds everything; created, accessible to its owner only, if it does
   *     not exist
   */
  public LocalStorage(Path root) throws IOException {
    this(root, false);
  }

  /**
   * @param root the folder that holds everything
   * @param hasFiles whether files were stored there before. Then a folder with nothing in it is the
   *     mount point of a disk that is away, and nothing is created: the mounted disk would hide new
   *     files. All calls fail until the disk is there
   */
  public LocalStorage(Path root, boolean hasFiles) throws IOException {
    this.root = root.toAbsolutePath().normalize();
    this.posix = this.root.getFileSystem().supportedFileAttributeViews().contains("posix");
    if (!hasFiles || !isUnused(this.root)) {
      Files.createDirectories(this.root, forOwner());
      Files.createDirectories(path(Upload.FOLDER), forOwner());
      sync(this.root);
    }
  }

  /** Whether no file was ever stored in this folder, or it does not exist. */
  public static boolean isUnused(Path root) {
    return !Files.exists(root.resolve(FileKey.FOLDER));
  }

  @Override
  public void check() throws IOException {
    discard(receive(InputStream.nullInputStream(), 0));
  }

  @Override
  public Upload receive(InputStream bytes, long length) throws IOException {
    requireFolder();
    Upload upload = Upload.random();
    Path file = path(upload.path());
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      copy(new LimitedInput(bytes, length), channel);
      channel.force(true);
    } catch (IOException | RuntimeException failure) {
      discardAfter(failure, file);
      throw failure;
    }
    return upload;
  }

  private static void copy(InputStream from, FileChannel to) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    for (int read; (read = from.read(buffer)) >= 0; ) {
      ByteBuffer chunk = ByteBuffer.wrap(buffer, 0, read);
      while (chunk.hasRemaining()) {
        to.write(chunk);
      }
    }
  }

  // Free the space at once: the disk may be full.
  private static void discardAfter(Exception failure, Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  @Override
  public void publish(Upload upload, FileKey key) throws IOException {
    requireFolder();
    Path file = path(key.path());
    Path folder = folderOf(file);
    Files.createDirectories(folder, forOwner());
    Files.move(
        path(upload.path()),
        file,
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
    // Sync the parent folders too: another upload may have created them without having synced them
    // yet.
    for (Path each = folder; each != null && each.startsWith(root); each = each.getParent()) {
      sync(each);
    }
  }

  @Override
  public void withdraw(Upload upload, FileKey key) throws IOException {
    Files.move(path(key.path()), path(upload.path()), StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void discard(Upload upload) throws IOException {
    Files.deleteIfExists(path(upload.path()));
  }

  @Override
  public InputStream read(FileKey key, long from, long length) throws IOException {
    FileChannel channel = open(path(key.path()));
    try {
      if (channel.size() < from + length) {
        throw new EOFException("the file has only " + channel.size() + " bytes");
      }
      channel.position(from);
      return new LimitedInput(Channels.newInputStream(channel), length);
    } catch (IOException | RuntimeException failure) {
      channel.close();
      throw failure;
    }
  }

  private FileChannel open(Path file) throws IOException {
    try {
      return FileChannel.open(file, StandardOpenOption.READ);
    } catch (NoSuchFileException absent) {
      requireFolder();
      throw absent;
    }
  }

  // While the disk is not mounted, no file may count as missing: the files come back with the disk.
  private void requireFolder() throws IOException {
    Path uploads = path(Upload.FOLDER);
    if (!Files.exists(uploads)) {
      throw new StorageAwayException(
          uploads.toString(), "the folder is gone: mount its disk, or make it anew");
    }
  }

  @Override
  public void delete(FileKey key) throws IOException {
    Path file = path(key.path());
    if (Files.deleteIfExists(file)) {
      // Otherwise a power cut could bring back a file that was reported as removed.
      sync(folderOf(file));
    } else {
      requireFolder();
    }
  }

  @Override
  public OptionalLong size(FileKey key) throws IOException {
    try {
      return OptionalLong.of(Files.size(path(key.path())));
    } catch (NoSuchFileException absent) {
      requireFolder();
      return OptionalLong.empty();
    }
  }

  @Override
  public void visit(Visitor visitor) throws IOException {
    requireFolder();
    Path spaces = path(FileKey.FOLDER);
    if (!Files.isDirectory(spaces)) {
      return;
    }
    try (Stream<Path> files =
        Files.find(spaces, 3, (file, attributes) -> attributes.isRegularFile())) {
      for (Iterator<Path> each = files.iterator(); each.hasNext(); ) {
        String relative = root.relativize(each.next()).toString().replace(File.separatorChar, '/');
        Optional<FileKey> key = FileKey.ofPath(relative);
        if (key.isPresent()) {
          visitor.file(key.get());
        }
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  @Override
  public Set<Upload> unfinished() throws IOException {
    try (Stream<Path> uploads = Files.list(path(Upload.FOLDER))) {
      return uploads
          .flatMap(file -> Upload.named(file.getFileName().toString()).stream())
          .limit(MOST_UNFINISHED)
          .collect(Collectors.toSet());
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private FileAttribute<?>[] forOwner() {
    return posix
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
        }
        : NONE;
  }

  // On Windows a folder can be neither opened nor synced.
  private void sync(Path folder) throws IOException {
    if (posix) {
      try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  private static Path folderOf(Path file) {
    return Objects.requireNonNull(file.getParent());
  }

  private Path path(String relative) {
    return root.resolve(relative);
  }

  @Override
  public void close() {}
}
