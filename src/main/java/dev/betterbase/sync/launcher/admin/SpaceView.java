package dev.betterbase.sync.launcher.admin;

import dev.betterbase.sync.admin.SpaceSummary;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Shows spaces. */
final class SpaceView {
  private SpaceView() {}

  /** For JSON. */
  static Map<String, Object> map(SpaceSummary space) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("space", space.id().toString());
    map.put("kind", kind(space));
    map.put("client_id", space.clientId());
    space.home().ifPresent(home -> map.put("home_server", home));
    map.put("cursor", space.cursor());
    map.put("key_generation", space.keyGeneration());
    map.put("created_at", space.createdAt().toString());
    map.put("updated_at", space.updatedAt().toString());
    map.put("records", space.records());
    map.put("record_bytes", space.recordBytes());
    map.put("tombstones", space.tombstones());
    map.put("files", space.files());
    map.put("file_bytes", space.fileBytes());
    map.put("log_entries", space.entries());
    return map;
  }

  /** The same for many. */
  static List<Map<String, Object>> maps(List<SpaceSummary> spaces) {
    return spaces.stream().map(SpaceView::map).toList();
  }

  /** One line for each space. */
  static List<String> table(List<SpaceSummary> spaces) {
    TextTable table =
        new TextTable(
            "space", "kind", "records", "bytes", "tombstones", "files", "file bytes", "updated");
    for (SpaceSummary space : spaces) {
      table.row(
          space.id(),
          kind(space),
          space.records(),
          space.recordBytes(),
          space.tombstones(),
          space.files(),
          space.fileBytes(),
          space.updatedAt().toString().substring(0, 10));
    }
    return table.lines();
  }

  /** One line for each property of one space. */
  static List<String> lines(SpaceSummary space) {
    Map<String, Object> map = map(space);
    int width = map.keySet().stream().mapToInt(String::length).max().orElse(0);
    return map.entrySet().stream()
        .map(
            entry ->
                entry.getKey().replace('_', ' ')
                    + " ".repeat(width - entry.getKey().length() + 2)
                    + entry.getValue())
        .toList();
  }

  /** Says what would be lost with a space. */
  static String content(SpaceSummary space) {
    return space.records()
        + " records ("
        + space.recordBytes()
        + " bytes), "
        + space.files()
        + " files ("
        + space.fileBytes()
        + " bytes) and "
        + space.entries()
        + " entries of the membership log";
  }

  static String kind(SpaceSummary space) {
    return space.home().isPresent() ? "elsewhere" : space.shared() ? "shared" : "personal";
  }
}
