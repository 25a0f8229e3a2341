package dev.betterbase.sync.console;

import dev.betterbase.sync.address.ClientAddresses;
import dev.betterbase.sync.admin.Finding;
import dev.betterbase.sync.admin.SpaceSummary;
import dev.betterbase.sync.admin.Usage;
import dev.betterbase.sync.http.HttpError;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.realtime.Subscriptions;
import dev.betterbase.sync.security.SecurityLog;
import dev.betterbase.sync.settings.Settings;
import dev.betterbase.sync.storage.StorageException;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObjectBuilder;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** {@code /admin/api/storage}, {@code /space} and {@code /check}: the data in the database. */
@Path("/admin/api")
@RequestScoped
@Produces(MediaType.APPLICATION_JSON)
public class StorageResource {
  /** The longest text that is looked for. */
  private static final int SEARCH_AT_MOST = 64;

  /** The findings that are shown; more of them say nothing new. */
  private static final int FINDINGS_SHOWN = 100;

  @Inject private StorageFigures figures;
  @Inject private Subscriptions subscriptions;
  @Inject private SecurityLog security;
  @Inject private Settings settings;
  @Inject private ClientAddresses addresses;
  @Context private HttpServletRequest request;

  /** The amount of stored data, in all and in each of several databases, at most a minute old. */
  @GET
  @Path("/storage")
  public String storage() {
    StorageFigures.Counted counted = fromDatabase(figures::usage);
    Usage sum = counted.sum();
    JsonArrayBuilder tables = Json.createArrayBuilder();
    for (Usage.Table table : sum.tables()) {
      tables.add(
          Json.createObjectBuilder()
              .add("name", table.name())
              .add("live_rows", table.liveRows())
              .add("dead_rows", table.deadRows())
              .add("bytes", table.bytes()));
    }
    JsonObjectBuilder all = Json.createObjectBuilder().add("at", counted.at().toEpochMilli());
    sum.totals().byName().forEach(all::add);
    JsonArrayBuilder databases = Json.createArrayBuilder();
    counted.parts().forEach(part -> databases.add(part(part)));
    return all.add("databases", databases)
        .add("most_record_bytes", summaries(sum.mostRecordBytes()))
        .add("most_file_bytes", summaries(sum.mostFileBytes()))
        .add("tables", tables)
        .build()
        .toString();
  }

  private static JsonObjectBuilder part(StorageFigures.Part part) {
    JsonObjectBuilder database =
        Json.createObjectBuilder().add("number", part.number()).add("away", part.usage().isEmpty());
    part.usage().ifPresent(usage -> usage.totals().byName().forEach(database::add));
    return database;
  }

  /**
   * One space.
   *
   * @param text its id, in any of the usual spellings of a UUID
   */
  @GET
  @Path("/space")
  public String space(@DefaultValue("") @QueryParam("id") String text) {
    if (text.length() > SEARCH_AT_MOST) {
      throw new HttpError(400, "the id of a space has at most " + SEARCH_AT_MOST + " characters");
    }
    SpaceId id =
        SpaceId.parse(text.strip())
            .orElseThrow(
                () ->
                    new HttpError(400, "not the id of a space: expected a UUID of 32 hex digits"));
    StorageFigures.Sought sought = fromDatabase(() -> figures.find(id.value()));
    SpaceSummary found = sought.space().orElseThrow(() -> notFound(sought.away()));
    JsonObjectBuilder answer = summary(found);
    if (settings.database().shards().total() > 1) {
      answer.add("database", sought.number());
    }
    return answer
        .add("subscribers", subscriptions.subscribers(id))
        .add("parties", subscriptions.subscribedParties(id))
        .build()
        .toString();
  }

  private static HttpError notFound(List<Integer> away) {
    return away.isEmpty()
        ? new HttpError(404, "there is no space with this id")
        : new HttpError(
            503,
            "no space with this id was found, but it may be in a database that is away: "
                + away.stream().map(String::valueOf).collect(Collectors.joining(", ")));
  }

  /** Looks for what does not fit together in any database; repairs nothing. */
  @POST
  @Path("/check")
  public String check() {
    security.adminAct("check", addresses.of(request));
    StorageFigures.Checked checked = fromDatabase(figures::check);
    List<Finding> findings = checked.findings();
    JsonArrayBuilder shown = Json.createArrayBuilder();
    findings.stream()
        .limit(FINDINGS_SHOWN)
        .forEach(
            finding ->
                shown.add(
                    Json.createObjectBuilder()
                        .add("subject", finding.subject())
                        .add("problem", finding.problem())));
    return Json.createObjectBuilder()
        .add("count", findings.size())
        .add("findings", shown)
        .add("away", Json.createArrayBuilder(checked.away()))
        .build()
        .toString();
  }

  private static <T> T fromDatabase(Supplier<T> query) {
    try {
      return query.get();
    } catch (StorageException unavailable) {
      throw new HttpError(503, "the database does not answer");
    }
  }

  private static JsonArrayBuilder summaries(List<SpaceSummary> all) {
    JsonArrayBuilder summaries = Json.createArrayBuilder();
    all.forEach(space -> summaries.add(summary(space)));
    return summaries;
  }

  private static JsonObjectBuilder summary(SpaceSummary space) {
    JsonObjectBuilder summary =
        Json.createObjectBuilder()
            .add("id", space.id().toString())
            .add("shared", space.shared())
            .add("cursor", space.cursor())
            .add("epoch", space.keyGeneration())
            .add("created", space.createdAt().toEpochMilli())
            .add("updated", space.updatedAt().toEpochMilli())
            .add("records", space.records())
            .add("record_bytes", space.recordBytes())
            .add("tombstones", space.tombstones())
            .add("files", space.files())
            .add("file_bytes", space.fileBytes())
            .add("log_entries", space.entries());
    space.home().ifPresent(home -> summary.add("home", home));
    return summary;
  }
}
