package dev.betterbase.sync.file;

import dev.betterbase.sync.file.storage.FileKey;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;

/**
 * The way to the files of spaces that live on another server (federation.md, Files). Each call
 * throws an {@link dev.betterbase.sync.http.HttpError} if the home server refuses, does not have
 * the route, or cannot be reached.
 */
public interface HomeFiles {
  /**
   * A member's request.
   *
   * @param home as {@link dev.betterbase.sync.space.Space#homeServer} has it
   * @param fields the header fields of the request to pass on to the home server
   */
  record Asked(String home, FileKey file, Map<String, String> fields) {}

  /**
   * The home server's answer.
   *
   * @param status 200, 206, 304 or 416
   * @param fields the header fields of the answer to pass on to the member
   * @param content the body of a 200 or 206, else empty; reading fails if the home server breaks
   *     off, and closing early breaks off the transfer
   */
  record Found(int status, Map<String, String> fields, InputStream content) {}

  /**
   * Sends a file.
   *
   * @param size the size of the body in bytes
   * @return true if the file is new, false if the home server had a file with this id already
   * @throws IOException if reading the body fails; the home server has stored nothing then
   */
  boolean put(Asked asked, long size, InputStream body) throws IOException;

  /** Asks for a file, or a part of it. The caller must close the content. */
  Found get(Asked asked);

  /** Asks for the headers of a file. */
  Found head(Asked asked);
}
