package dev.betterbase.sync.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongFunction;

/**
 * A client's copy of a space, kept by the rules of the SDK: subscribe, pull everything after the
 * own cursor, then apply each {@code sync} that continues it, and pull after one that does not. Not
 * thread-safe.
 */
public final class Replica {
  private final LongFunction<Map<String, Object>> wanted;
  private final SortedMap<String, Long> records = new TreeMap<>();
  private WireClient client;
  private long cursor;
  private int pulls;

  /** An empty copy of a user's personal space. */
  public Replica(String space) {
    this.wanted = since -> Requests.pull(space, since);
  }

  /** An empty copy of a shared space. */
  public Replica(SharedSpace.Member member) {
    this.wanted = member::spaces;
  }

  /** Continues on a new connection: subscribes and catches up. */
  public Replica attach(WireClient connection) {
    client = connection;
    JsonNode subscribed = client.request("subscribe", wanted.apply(cursor)).ok();
    JsonNode error = subscribed.at("/errors/0/error");
    if (!error.isMissingNode()) {
      throw new WireClient.Refused(error.textValue(), "subscribe");
    }
    if (subscribed.at("/spaces/0/cursor").asLong() > cursor) {
      pull();
    }
    return this;
  }

  /** Waits for one {@code sync} and applies it. Returns false if none came within the limit. */
  public boolean step(Duration limit) {
    Optional<JsonNode> sync = client.pollNotification("sync", limit);
    sync.ifPresent(this::apply);
    return sync.isPresent();
  }

  /** Applies {@code sync}s until the copy has reached a cursor. */
  public void follow(long target) {
    while (cursor < target) {
      if (!step(WireClient.LIMIT)) {
        throw new AssertionError(
            "stays at cursor " + cursor + ", wants " + target + "; " + client.closed());
      }
    }
  }

  private void apply(JsonNode sync) {
    long to = sync.get("cursor").longValue();
    if (to <= cursor) {
      return;
    }
    if (sync.get("prev").longValue() == cursor) {
      sync.get("records").forEach(this::store);
      cursor = to;
    } else {
      pull();
    }
  }

  private void pull() {
    pulls++;
    long[] seen = {0, 0};
    String id = client.start("pull", wanted.apply(cursor));
    client
        .await(
            id,
            chunk -> {
              JsonNode data = chunk.get("data");
              switch (chunk.get("name").textValue()) {
                case "pull.begin" -> {
                  assertThat(data.get("prev").longValue()).isEqualTo(cursor);
                  seen[0] = data.get("cursor").longValue();
                }
                case "pull.record" -> {
                  seen[1]++;
                  store(data);
                }
                case "pull.commit" -> {
                  assertThat(data.get("count").longValue()).isEqualTo(seen[1]);
                  cursor = seen[0];
                }
                default -> throw new AssertionError(chunk);
              }
            })
        .ok();
  }

  private void store(JsonNode record) {
    if (record.path("deleted").booleanValue()) {
      records.remove(record.get("id").textValue());
    } else {
      records.put(record.get("id").textValue(), record.get("cursor").longValue());
    }
  }

  /** The cursor that the copy has reached. */
  public long cursor() {
    return cursor;
  }

  /** The number of pulls so far. */
  public int pulls() {
    return pulls;
  }

  /** The cursors of the records that are not deleted, by record id. */
  public SortedMap<String, Long> records() {
    return records;
  }
}
