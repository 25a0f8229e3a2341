package dev.betterbase.sync.file;

import dev.betterbase.sync.file.storage.FileKey;
import dev.betterbase.sync.file.storage.Storage;
import dev.betterbase.sync.file.storage.Upload;
import java.io.IOException;
import java.io.InputStream;
import java.util.OptionalLong;
import java.util.Set;

/** The real storage, in which a test replaces one step. */
abstract class Through implements Storage {
  private final Storage real;

  Through(Storage real) {
    this.real = real;
  }

  @Override
  public void check() throws IOException {
    real.check();
  }

  @Override
  public Upload receive(InputStream bytes, long length) throws IOException {
    return real.receive(bytes, length);
  }

  @Override
  public void publish(Upload upload, FileKey file) throws IOException {
    real.publish(upload, file);
  }

  @Override
  public void withdraw(Upload upload, FileKey file) throws IOException {
    real.withdraw(upload, file);
  }

  @Override
  public void discard(Upload upload) throws IOException {
    real.discard(upload);
  }

  @Override
  public InputStream read(FileKey file, long from, long length) throws IOException {
    return real.read(file, from, length);
  }

  @Override
  public void delete(FileKey file) throws IOException {
    real.delete(file);
  }

  @Override
  public OptionalLong size(FileKey file) throws IOException {
    return real.size(file);
  }

  @Override
  public void visit(Visitor visitor) throws IOException {
    real.visit(visitor);
  }

  @Override
  public Set<Upload> unfinished() throws IOException {
    return real.unfinished();
  }

  @Override
  public void close() {}
}
