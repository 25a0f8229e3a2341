package dev.betterbase.sync.file;

import dev.betterbase.sync.file.storage.FileKey;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;

/**
 * The way to the files of spaces that live on another server (federation.md, Files). Each call
 * throws an {@link dev.betterbase.sync.http.HttpError} where the home says no, knows no such route,
 * or cannot be reached.
 */
public interface HomeFiles {
  /**
   * What a member asks for.
   *
   * @param home as {@link dev.betterbase.sync.space.Space#homeServer} has it
   * @param fields the header fields of the request that are the home's to read
   */
  record Asked(String home, FileKey file, Map<String, String> fields) {}

  /**
   * What the home has.
   *
   * @param status 200, 206, 304 or 416
   * @param fields the header fields of the answer that are the member's to read
   * @param content of 200 and 206, else empty; it fails where the home breaks off, and closing it
   *     early does so there
   */
  record Found(int status, Map<String, String> fields, InputStream content) {}

  /**
   * Sends a file.
   *
   * @param size of the body, in bytes
   * @return whether it is new; if not, the home had one of that id
   * @throws IOException what the body threw; the home has nothing then
   */
  boolean put(Asked asked, long size, InputStream body) throws IOException;

  /** Asks for a file, or a part of it. Whoever calls closes the content. */
  Found get(Asked asked);

  /** Asks what there is to be known of a file. */
  Found head(Asked asked);
}
