package dev.betterbase.sync.settings;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * The databases beside the first over which spaces are spread (docs/scaling.md). The first has the
 * number 1.
 *
 * @param others those with the numbers 2, 3 and so on
 * @param weights the share of new spaces that each database gets, in proportion to the others, from
 *     the first on; empty if there are no others
 */
public record DatabaseShards(List<Shard> others, List<Integer> weights) {
  /** There are no others. */
  public static final DatabaseShards NONE = new DatabaseShards(List.of(), List.of());

  private static final String DATASOURCE = "jdbc/betterbase-sync-";

  /** Not any name: JNDI would ask another machine for some. */
  private static final Pattern NAME = Pattern.compile("(?:jdbc/|java:)[A-Za-z0-9/_.:-]+");

  private static final Pattern WEIGHT = Pattern.compile("[0-9]{1,2}|100");

  /**
   * A database.
   *
   * @param url its URL; empty if it was named by a datasource of the application server
   * @param datasource the JNDI name of its datasource
   */
  public record Shard(Optional<DatabaseUrl> url, String datasource) {}

  public DatabaseShards {
    others = List.copyOf(others);
    weights = List.copyOf(weights);
  }

  /**
   * @param parse reads the URL of a database
   */
  static DatabaseShards read(SettingsReader reader, Function<String, DatabaseUrl> parse) {
    Optional<SettingsReader.Given> given = reader.findSet(Setting.DATABASE_SHARDS);
    Optional<SettingsReader.Given> weights = reader.findSet(Setting.DATABASE_SHARD_WEIGHTS);
    if (given.isEmpty()) {
      weights.ifPresent(
          unused -> {
            throw new InvalidSetting(
                Setting.DATABASE_SHARD_WEIGHTS,
                "DATABASE_SHARD_WEIGHTS is set without DATABASE_SHARDS");
          });
      return NONE;
    }
    List<Shard> others = new ArrayList<>();
    for (String entry : SettingsReader.split(given.get().value(), "\\s+")) {
      others.add(shard(entry, others.size() + 2, given.get(), parse));
    }
    return new DatabaseShards(others, weights(weights, others.size() + 1));
  }

  private static Shard shard(
      String entry, int number, SettingsReader.Given given, Function<String, DatabaseUrl> parse) {
    if (NAME.matcher(entry).matches()) {
      return new Shard(Optional.empty(), entry);
    }
    if (!entry.matches("(?:jdbc:)?postgres(?:ql)?://.*")) {
      throw given.expected("URLs (postgres://…) or names of datasources, separated by spaces");
    }
    try {
      return new Shard(Optional.of(parse.apply(entry)), DATASOURCE + number);
    } catch (InvalidSetting refused) {
      // The fault was reported for DATABASE_URL, or for a variable of libpq.
      throw new InvalidSetting(
          Setting.DATABASE_SHARDS,
          given.variable() + ", database " + number + ": " + refused.getMessage());
    }
  }

  private static List<Integer> weights(Optional<SettingsReader.Given> given, int databases) {
    if (given.isEmpty()) {
      return Collections.nCopies(databases, 1);
    }
    List<String> numbers = SettingsReader.split(given.get().value(), ",");
    if (numbers.size() != databases
        || !numbers.stream().allMatch(number -> WEIGHT.matcher(number).matches())
        || numbers.stream().allMatch(number -> Integer.parseInt(number) == 0)) {
      throw given
          .get()
          .expected(databases + " numbers from 0 to 100, one for each database, and not only 0");
    }
    return numbers.stream().map(Integer::valueOf).toList();
  }

  /** The number of databases, the first included. */
  public int total() {
    return others.size() + 1;
  }

  /** Whether there are no others. */
  public boolean isEmpty() {
    return others.isEmpty();
  }
}
