package dev.betterbase.sync.file;

import dev.betterbase.sync.file.storage.FileKey;
import dev.betterbase.sync.http.HttpError;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.RecordId;
import dev.betterbase.sync.protocol.WrappedDek;
import jakarta.ws.rs.core.HttpHeaders;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** The headers of a PUT that describe the file, checked in the order of http.md (Files). */
final class FileHeaders {
  static final String RECORD = "X-Record-ID";
  static final String DEK = "X-Wrapped-DEK";

  private FileHeaders() {}

  static NewFile read(FileKey key, HttpHeaders headers) {
    RecordId record = record(headers.getHeaderString(RECORD));
    WrappedDek dek = dek(headers.getHeaderString(DEK));
    return new NewFile(key, record, dek, size(headers.getHeaderString("Content-Length")));
  }

  private static RecordId record(@Nullable String header) {
    if (header == null || header.isEmpty()) {
      throw new Failure.BadRequest("X-Record-ID header required");
    }
    return RecordId.parse(header)
        .orElseThrow(() -> new Failure.BadRequest("X-Record-ID must be a valid UUID"));
  }

  private static WrappedDek dek(@Nullable String header) {
    if (header == null || header.isEmpty()) {
      throw new Failure.BadRequest("X-Wrapped-DEK header required");
    }
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(header);
    } catch (IllegalArgumentException notBase64) {
      throw new Failure.BadRequest("X-Wrapped-DEK must be valid base64");
    }
    WrappedDek dek =
        WrappedDek.of(bytes)
            .orElseThrow(
                () -> new Failure.BadRequest("X-Wrapped-DEK must decode to exactly 44 bytes"));
    if (dek.epoch() < 0) {
      throw new Failure.BadRequest("X-Wrapped-DEK must begin with an epoch of at least 0");
    }
    return dek;
  }

  private static long size(@Nullable String header) {
    if (header == null) {
      throw new HttpError(411, "Content-Length required");
    }
    if (!header.matches("[0-9]+")) {
      throw new Failure.BadRequest("invalid Content-Length header");
    }
    String significant = header.replaceFirst("^0+(?=.)", "");
    if (significant.length() > 18 || Long.parseLong(significant) > NewFile.MAX_SIZE) {
      throw new HttpError(413, "file exceeds 100 MB limit");
    }
    return Long.parseLong(significant);
  }
}
