package dev.betterbase.sync.file;

import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.realtime.Announcement;
import dev.betterbase.sync.rpc.method.Notification;

/** The {@code file} notification after an upload (methods.md, Notifications). */
final class FileNotice {
  private FileNotice() {}

  static Announcement of(NewFile file, long cursor) {
    return new Announcement(
        file.key().space(),
        cursor,
        spelling -> new Notification.Lasting(file.key().space(), frame(file, cursor, spelling)));
  }

  private static byte[] frame(NewFile file, long cursor, String spelling) {
    return FrameWriter.notification(
        "file",
        params -> {
          params
              .beginMap(3)
              .field("space", spelling)
              .field("cursor", cursor)
              .key("files")
              .beginList(1)
              .beginMap(file.size() == 0 ? 3 : 4)
              .field("id", file.key().file().toString())
              .field("record_id", file.record().toString());
          if (file.size() != 0) {
            params.field("size", file.size());
          }
          params.field("dek", file.dek().bytes()).endMap().endList().endMap();
        });
  }
}
