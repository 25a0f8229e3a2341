package dev.betterbase.sync.launcher.admin;

import dev.betterbase.sync.admin.Usage;
import dev.betterbase.sync.admin.UsageStore;
import dev.betterbase.sync.launcher.StartRefused;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code admin usage}: says how much is stored. */
@Command(
    name = "usage",
    description =
        "Says how much is stored: in all, in the largest spaces, and dead rows and tombstones.")
final class UsageCommand implements Runnable {
  private final AdminDatabase database;

  @Option(
      names = "--largest",
      defaultValue = "10",
      description = "The number of largest spaces to name. Default: ${DEFAULT-VALUE}.")
  private int largest;

  @Mixin private Output output = new Output();

  UsageCommand(AdminDatabase database) {
    this.database = database;
  }

  @Override
  public void run() {
    if (largest < 1 || largest > 1_000) {
      throw new StartRefused("--largest " + largest + ": expected a number from 1 to 1000");
    }
    Usage usage =
        database.query(
            all ->
                Usage.sum(
                    all.stream().map(each -> new UsageStore(each).usage(largest)).toList(),
                    largest));
    if (output.isJson()) {
      output.json(map(usage));
    } else {
      output.text(lines(usage));
    }
  }

  private static Map<String, Object> map(Usage usage) {
    Map<String, Object> map = new LinkedHashMap<>(usage.totals().byName());
    map.put("most_record_bytes", SpaceView.maps(usage.mostRecordBytes()));
    map.put("most_file_bytes", SpaceView.maps(usage.mostFileBytes()));
    map.put(
        "tables",
        usage.tables().stream()
            .map(
                table ->
                    Map.of(
                        "table", table.name(),
                        "live_rows", table.liveRows(),
                        "dead_rows", table.deadRows(),
                        "bytes", table.bytes()))
            .toList());
    return map;
  }

  private static List<String> lines(Usage usage) {
    TextTable totals = new TextTable("stored", "number");
    usage.totals().byName().forEach((name, number) -> totals.row(name.replace('_', ' '), number));
    List<String> lines = new ArrayList<>(totals.lines());
    if (!usage.mostRecordBytes().isEmpty()) {
      lines.addAll(List.of("", "The spaces with most bytes in records:"));
      lines.addAll(SpaceView.table(usage.mostRecordBytes()));
    }
    if (!usage.mostFileBytes().isEmpty()) {
      lines.addAll(List.of("", "The spaces with most bytes in files:"));
      lines.addAll(SpaceView.table(usage.mostFileBytes()));
    }
    TextTable tables = new TextTable("table", "live rows", "dead rows", "bytes on disk");
    usage
        .tables()
        .forEach(
            table -> tables.row(table.name(), table.liveRows(), table.deadRows(), table.bytes()));
    lines.addAll(List.of("", "Tables, as PostgreSQL estimates them:"));
    lines.addAll(tables.lines());
    return lines;
  }
}
