package dev.betterbase.sync.launcher.admin;

import dev.betterbase.sync.admin.SpaceAdminStore;
import dev.betterbase.sync.admin.SpaceSummary;
import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.security.SecurityLog;
import dev.betterbase.sync.settings.InvalidSetting;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code admin spaces}: lists, shows, deletes and moves spaces. */
@Command(
    name = "spaces",
    description = "Lists, shows, deletes and moves spaces.",
    synopsisSubcommandLabel = "COMMAND")
final class SpacesCommand extends Group {
  private static final int FAILED = 1;

  private final AdminDatabase database;
  private final Function<PrintWriter, SecurityLog> log;

  /**
   * @param log opens the security log
   */
  SpacesCommand(AdminDatabase database, Function<PrintWriter, SecurityLog> log) {
    this.database = database;
    this.log = log;
  }

  @Command(name = "list", description = "Lists all spaces by their ids, one page at a time.")
  int list(
      @Option(names = "--after", paramLabel = "<space>", description = "Begins behind this space.")
          @Nullable String after,
      @Option(
              names = "--limit",
              defaultValue = "100",
              description = "The most spaces to list. Default: ${DEFAULT-VALUE}.")
          int limit,
      @Mixin Output output) {
    if (limit < 1 || limit > 10_000) {
      throw new StartRefused("--limit " + limit + ": expected a number from 1 to 10000");
    }
    UUID start = after == null ? SpaceAdminStore.BEFORE_ALL : id(after);
    List<SpaceSummary> spaces =
        database.run(
            all ->
                all.stream()
                    .flatMap(each -> new SpaceAdminStore(each).list(start, limit).stream())
                    // PostgreSQL compares ids without a sign, and so does their text.
                    .sorted(Comparator.comparing(space -> space.id().toString()))
                    .limit(limit)
                    .toList());
    if (output.isJson()) {
      output.json(SpaceView.maps(spaces));
    } else {
      output.text(SpaceView.table(spaces));
    }
    return 0;
  }

  @Command(name = "show", description = "Shows one space.")
  int show(@Parameters(paramLabel = "<space>") String space, @Mixin Output output) {
    SpaceSummary found = database.run(all -> find(all, id(space)).space());
    if (output.isJson()) {
      output.json(SpaceView.map(found));
    } else {
      output.text(SpaceView.lines(found));
    }
    return 0;
  }

  @Command(
      name = "delete",
      description = {
        "Deletes a space for good. Without --yes, only says what would be lost.",
        "A running server ends the subscriptions to the space within 30 seconds, and removes the"
            + " bytes of its files. Clients keep what they have of the space."
      })
  int delete(
      @Parameters(paramLabel = "<space>") String space,
      @Option(names = "--yes", description = "Deletes it.") boolean yes,
      @Mixin Output output) {
    UUID id = id(space);
    SecurityLog security = log.apply(output.err());
    return database.run(
        all -> {
          Found there = find(all, id);
          SpaceSummary found = there.space();
          boolean deleted = yes && there.store().delete(id);
          if (deleted) {
            security.adminAct("space " + id + " deleted");
          }
          if (output.isJson()) {
            output.json(Map.of("deleted", deleted, "lost", SpaceView.map(found)));
          } else {
            output.text(
                List.of(
                    (deleted ? "Deleted " : "Would delete ")
                        + SpaceView.kind(found)
                        + " space "
                        + id
                        + ": "
                        + SpaceView.content(found)
                        + (deleted ? "." : ". Add --yes to delete it for good.")));
          }
          return deleted ? 0 : FAILED;
        });
  }

  @Command(
      name = "move",
      description = {
        "Moves a space to another database of DATABASE_SHARDS while servers use it.",
        "At the end its writers wait for less than a second. After a crash, the space is whole in"
            + " its old or its new database; the same command then ends the move."
      })
  int move(
      @Parameters(paramLabel = "<space>") String space,
      @Option(
              names = "--to",
              paramLabel = "<shard>",
              required = true,
              description = "The number of the database: 1 is DATABASE_URL.")
          int to,
      @Mixin Output output) {
    SpaceId id = new SpaceId(id(space));
    MoveResult result = MoveResult.of(database.checkedDataSources(), id, to);
    log.apply(output.err())
        .adminAct("space " + id.value() + " moved from database " + result.from() + " to " + to);
    if (output.isJson()) {
      output.json(result.map());
    } else {
      output.text(List.of(result.line()));
    }
    return 0;
  }

  /** A space, and the store of its database. */
  private record Found(SpaceAdminStore store, SpaceSummary space) {}

  private static Found find(List<CommandEntities> all, UUID id) {
    return all.stream()
        .map(SpaceAdminStore::new)
        .flatMap(store -> store.find(id).stream().map(space -> new Found(store, space)))
        .findFirst()
        .orElseThrow(() -> new StartRefused("there is no space " + id));
  }

  private static UUID id(String text) {
    return SpaceId.parse(text)
        .orElseThrow(
            () ->
                new StartRefused(
                    InvalidSetting.shown(text) + ": expected the id of a space, a UUID"))
        .value();
  }
}
