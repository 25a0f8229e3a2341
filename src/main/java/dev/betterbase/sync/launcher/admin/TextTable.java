package dev.betterbase.sync.launcher.admin;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A table as aligned text: numbers to the right, everything else to the left. */
final class TextTable {
  private final List<String> names;
  private final List<List<Object>> rows = new ArrayList<>();

  TextTable(String... names) {
    this.names = List.of(names);
  }

  /** Adds a row with a cell for each column. */
  TextTable row(Object... cells) {
    if (cells.length != names.size()) {
      throw new IllegalArgumentException("a row has " + names.size() + " cells");
    }
    rows.add(List.of(cells));
    return this;
  }

  /** The header and the rows. */
  List<String> lines() {
    return Stream.concat(
            Stream.of(line(List.copyOf(names))), rows.stream().map(row -> line(List.copyOf(row))))
        .toList();
  }

  private String line(List<Object> cells) {
    StringBuilder line = new StringBuilder();
    for (int column = 0; column < cells.size(); column++) {
      String cell = cells.get(column).toString();
      String padding = " ".repeat(width(column) - cell.length());
      line.append(column == 0 ? "" : "  ");
      line.append(isNumeric(column) ? padding + cell : cell + padding);
    }
    return line.toString().stripTrailing();
  }

  private boolean isNumeric(int column) {
    return !rows.isEmpty() && rows.stream().allMatch(row -> row.get(column) instanceof Number);
  }

  private int width(int column) {
    return Stream.concat(
            Stream.of(names.get(column)), rows.stream().map(row -> row.get(column).toString()))
        .mapToInt(String::length)
        .max()
        .orElse(0);
  }
}
