package dev.betterbase.sync.console;

import dev.betterbase.sync.cluster.Bus;
import dev.betterbase.sync.cluster.NodeSummary;
import dev.betterbase.sync.fault.Fault;
import dev.betterbase.sync.fault.RecentFaults;
import dev.betterbase.sync.federation.trust.PeerQuota;
import dev.betterbase.sync.federation.trust.Peers;
import dev.betterbase.sync.rpc.RpcServer;
import dev.betterbase.sync.security.SecurityLog;
import dev.betterbase.sync.settings.Domain;
import dev.betterbase.sync.settings.Settings;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObjectBuilder;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * {@code /admin/api/figures} and {@code /admin/api/history}: the figures of this node, now and over
 * time. Reading them costs no query of the database.
 */
@Path("/admin/api")
@RequestScoped
@Produces(MediaType.APPLICATION_JSON)
public class FiguresResource {
  @Inject private MeterRegistry registry;
  @Inject private Sampler sampler;
  @Inject private RpcServer server;
  @Inject private SecurityLog security;
  @Inject private RecentFaults faults;
  @Inject private Peers peers;
  @Inject private Settings settings;
  @Inject private Bus bus;

  /** The figures of this moment. Bytes are bytes, times are seconds, rates are a second. */
  @GET
  @Path("/figures")
  public String figures() {
    Meters meters = new Meters(registry);
    Sample now = sampler.history().current(Reading.of(meters));
    JsonObjectBuilder values = Json.createObjectBuilder();
    for (Series series : Series.values()) {
      values.add(series.text(), Numbers.of(now.of(series)));
    }
    return Json.createObjectBuilder()
        .add("at", now.at().toEpochMilli())
        .add("draining", server.isStopping())
        .add("now", values)
        .add("connections", connections(meters))
        .add("memory", memory(meters))
        .add("database", database(meters))
        .add("files", files(meters))
        .add("jobs", jobs(meters))
        .add("refusals", refusals(meters))
        .add("faults", faults())
        .add("peers", peers())
        .add("homes", homes(meters))
        .add("cluster", cluster(meters))
        .build()
        .toString();
  }

  private static JsonObjectBuilder connections(Meters meters) {
    return Json.createObjectBuilder()
        .add("by_transport", Numbers.of(meters.sumBy("transport", "betterbase.connections")))
        .add("by_caller", Numbers.of(meters.sumBy("caller", "betterbase.connections")))
        .add("unauthenticated", Numbers.of(meters.sum("betterbase.connections.unauthenticated")))
        .add("spaces", Numbers.of(meters.sum("betterbase.subscriptions.spaces")))
        .add("present", Numbers.of(meters.sum("betterbase.presences")))
        .add("closed", Numbers.of(meters.sumBy("code", "betterbase.connections.closed")));
  }

  private JsonObjectBuilder memory(Meters meters) {
    double highest =
        registry.find("betterbase.send.queue.high.water").summaries().stream()
            .mapToDouble(summary -> summary.max())
            .max()
            .orElse(Double.NaN);
    List<GarbageCollectorMXBean> collectors = ManagementFactory.getGarbageCollectorMXBeans();
    return Json.createObjectBuilder()
        .add("heap_max", ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getMax())
        .add("gc_count", collectors.stream().mapToLong(each -> each.getCollectionCount()).sum())
        .add(
            "gc_seconds",
            Numbers.of(
                collectors.stream().mapToLong(each -> each.getCollectionTime()).sum() / 1_000.0))
        .add("threads", Numbers.of(meters.sum("jvm.threads.live")))
        .add("processors", Numbers.of(meters.sum("system.cpu.count")))
        .add("uptime", Numbers.of(meters.sum("process.uptime")))
        .add("send_held", Numbers.of(meters.sum("betterbase.send.budget.held")))
        .add("send_capacity", Numbers.of(meters.sum("betterbase.send.budget.capacity")))
        .add("receive_held", Numbers.of(meters.sum("betterbase.receive.budget.held")))
        .add("receive_capacity", Numbers.of(meters.sum("betterbase.receive.budget.capacity")))
        .add("queue_highest", Numbers.of(highest));
  }

  private JsonObjectBuilder database(Meters meters) {
    return Json.createObjectBuilder()
        .add("total", settings.database().shards().total())
        .add("away", Numbers.of(meters.sum("betterbase.database.shards.away")))
        .add("pool_limit", Numbers.of(meters.sum("betterbase.database.connections.limit")))
        .add("failures", Numbers.of(meters.sum("betterbase.database.failures")));
  }

  private static JsonObjectBuilder files(Meters meters) {
    return Json.createObjectBuilder()
        .add("transfers", Numbers.of(meters.sumBy("kind", "betterbase.file.transfers")))
        .add("limits", Numbers.of(meters.sumBy("kind", "betterbase.file.transfers.limit")))
        .add("removals_left", Numbers.of(meters.sum("betterbase.file.removals.left")));
  }

  private static JsonArrayBuilder jobs(Meters meters) {
    Map<String, Double> failed = meters.sumBy("name", "betterbase.jobs", "outcome", "failed");
    Map<String, Double> longest = meters.longestBy("name", "betterbase.jobs");
    JsonArrayBuilder jobs = Json.createArrayBuilder();
    meters
        .sumBy("name", "betterbase.jobs")
        .forEach(
            (name, rounds) ->
                jobs.add(
                    Json.createObjectBuilder()
                        .add("name", name)
                        .add("rounds", Numbers.of(rounds))
                        .add("failed", Numbers.of(failed.getOrDefault(name, 0.0)))
                        .add("longest", Numbers.of(longest.getOrDefault(name, Double.NaN)))));
    return jobs;
  }

  private JsonObjectBuilder refusals(Meters meters) {
    JsonArrayBuilder events = Json.createArrayBuilder();
    for (SecurityLog.Count count : security.counts()) {
      JsonObjectBuilder event =
          Json.createObjectBuilder().add("what", count.what()).add("count", count.events());
      count.last().ifPresent(last -> event.add("last", last.toEpochMilli()));
      events.add(event);
    }
    return Json.createObjectBuilder()
        .add("security", events)
        .add("errors", Numbers.of(meters.sumBy("code", "betterbase.rpc.errors")))
        .add("connections", Numbers.of(meters.sumBy("reason", "betterbase.connections.refused")))
        .add("handshakes", Numbers.of(meters.sum("betterbase.handshakes.refused")))
        .add("peers", Numbers.of(meters.sumBy("status", "betterbase.federation.requests.refused")))
        .add("disk", Numbers.of(meters.sum("betterbase.disk.refusals")));
  }

  private JsonArrayBuilder faults() {
    JsonArrayBuilder all = Json.createArrayBuilder();
    for (Fault fault : faults.latestFirst()) {
      all.add(
          Json.createObjectBuilder()
              .add("kind", fault.kind().name().toLowerCase(Locale.ROOT))
              .add("what", fault.what())
              .add("error", fault.error())
              .add("times", fault.times())
              .add("last", fault.last().toEpochMilli()));
    }
    return all;
  }

  private JsonArrayBuilder peers() {
    var limits = peers.limits();
    JsonArrayBuilder all = Json.createArrayBuilder();
    for (String domain : peers.domains()) {
      PeerQuota.Usage usage = peers.find(domain).map(PeerQuota::usage).orElseThrow();
      String host = Domain.of(domain).map(Domain::host).orElse(domain);
      all.add(
          Json.createObjectBuilder()
              .add("domain", domain)
              .add("paused", peers.isPaused(host))
              .add("connections", share(usage.connections(), limits.connections()))
              .add("spaces", share(usage.spaces(), limits.spaces()))
              .add("records", share(usage.records(), limits.recordsPerHour()))
              .add("bytes", share(usage.bytes(), limits.bytesPerHour()))
              .add("invitations", share(usage.invitations(), limits.invitationsPerHour())));
    }
    return all;
  }

  private static JsonObjectBuilder share(long used, long limit) {
    return Json.createObjectBuilder().add("used", used).add("limit", limit);
  }

  /** The calls to home servers, and whether they are connected. */
  private static JsonArrayBuilder homes(Meters meters) {
    Map<String, Double> calls = meters.sumBy("home", "betterbase.federation.home.calls");
    Map<String, Double> lost =
        meters.sumBy("home", "betterbase.federation.home.calls", "outcome", "unreachable");
    JsonArrayBuilder homes = Json.createArrayBuilder();
    meters
        .sumBy("home", "betterbase.federation.home.connected")
        .forEach(
            (home, connected) ->
                homes.add(
                    Json.createObjectBuilder()
                        .add("domain", home)
                        .add("connected", connected > 0)
                        .add("calls", Numbers.of(calls.getOrDefault(home, 0.0)))
                        .add("unreachable", Numbers.of(lost.getOrDefault(home, 0.0)))));
    return homes;
  }

  /** The other nodes, and the messages between this one and them that were lost. */
  private JsonObjectBuilder cluster(Meters meters) {
    JsonArrayBuilder nodes = Json.createArrayBuilder();
    for (NodeSummary each : bus.others()) {
      nodes.add(
          Json.createObjectBuilder()
              .add("id", each.node().toString())
              .add("seen", each.seenFor().toSeconds())
              .add("heard", each.heardAgo().toSeconds())
              .add("waiting_packets", each.waitingPackets())
              .add("waiting_bytes", each.waitingBytes())
              .add("missed", each.missedPackets())
              .add("skipped", each.skippedMessages()));
    }
    return Json.createObjectBuilder()
        .add("on", settings.cluster().isPresent())
        .add("self", bus.self().toString())
        .add("nodes", nodes)
        .add("lost", Numbers.of(meters.sumBy("reason", "betterbase.cluster.dropped")));
  }

  /**
   * The samples of the last hour or day.
   *
   * @param span {@code day}, or else the last hour
   * @param after only samples after this time, in milliseconds since 1970
   */
  @GET
  @Path("/history")
  public String history(
      @DefaultValue("hour") @QueryParam("span") String span,
      @DefaultValue("0") @QueryParam("after") long after) {
    Instant since = Instant.ofEpochMilli(after);
    boolean day = span.equals("day");
    List<Sample> samples = day ? sampler.history().day(since) : sampler.history().hour(since);
    JsonArrayBuilder times = Json.createArrayBuilder();
    samples.forEach(sample -> times.add(sample.at().toEpochMilli()));
    JsonObjectBuilder all = Json.createObjectBuilder().add("at", times);
    for (Series series : Series.values()) {
      JsonArrayBuilder values = Json.createArrayBuilder();
      samples.forEach(sample -> values.add(Numbers.of(sample.of(series))));
      all.add(series.text(), values);
    }
    return all.build().toString();
  }
}
