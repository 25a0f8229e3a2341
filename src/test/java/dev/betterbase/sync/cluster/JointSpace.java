package dev.betterbase.sync.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.testing.Replica;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.WireClient;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * A space that several clients use. Each record is pushed once, so the cursors of the records are
 * 1, 2, 3 and so on.
 */
final class JointSpace {
  private static final int WRITERS = 2;
  private static final int LISTENERS = 3;
  private static final Duration WRITE_PAUSE = Duration.ofMillis(80);
  private static final Duration LISTEN_PAUSE = Duration.ofMillis(80);
  private static final Duration PULL_PAUSE = Duration.ofMillis(500);
  private static final Duration STEP = Duration.ofMillis(100);

  /** So large that a pull of the whole space soon has more than one batch. */
  private static final int BLOB = 4_000;

  private final IntSupplier port;
  private final Member reader;
  private final List<Writer> writers;
  private final List<Listener> listeners;

  /** The cursor of each record whose push was acknowledged. */
  private final Map<String, Long> acknowledged = new ConcurrentHashMap<>();

  /** The records that were stored by a push that got no answer. */
  private final Set<String> found = ConcurrentHashMap.newKeySet();

  private volatile boolean writing = true;
  private volatile boolean reading = true;

  JointSpace(IntSupplier port, SharedSpace space) {
    this.port = port;
    this.reader = space.invite("read");
    this.writers = Stream.generate(() -> new Writer(space)).limit(WRITERS).toList();
    this.listeners = Stream.generate(() -> new Listener(space)).limit(LISTENERS).toList();
  }

  /** The id of the space. */
  String id() {
    return reader.space();
  }

  List<Writer> writers() {
    return writers;
  }

  /** All clients of the space. They work until they are told to end. */
  List<JointClient> clients() {
    return Stream.of(writers, listeners, List.of(new Newcomer()))
        .<JointClient>flatMap(List::stream)
        .toList();
  }

  /** The highest cursor that was acknowledged. */
  long cursor() {
    return acknowledged.values().stream().mapToLong(Long::longValue).max().orElse(0);
  }

  /** Whether all listeners have everything up to a cursor. */
  boolean allHave(long cursor) {
    return listeners.stream().allMatch(each -> each.cursor >= cursor);
  }

  /** Writers end when they have an answer to their last push. */
  void endWriting() {
    writing = false;
  }

  /** Whether all writers have ended. */
  boolean isWritten() {
    return writers.stream().allMatch(Writer::isDone);
  }

  /** Ends the clients that read. */
  void endReading() {
    reading = false;
  }

  /** Writes one record after another. One whose push got no answer is pushed again. */
  final class Writer extends JointClient {
    private String record = Requests.newId();
    private long last;
    private final AtomicInteger attempts = new AtomicInteger();
    private final AtomicInteger acknowledgements = new AtomicInteger();
    private final AtomicInteger refusals = new AtomicInteger();

    private Writer(SharedSpace space) {
      super(port, space.invite("write"), WRITE_PAUSE);
    }

    /** The number of pushes that were acknowledged. */
    int acknowledgements() {
      return acknowledgements.get();
    }

    /** The number of pushes that were refused because the database of the space is away. */
    int refusals() {
      return refusals.get();
    }

    @Override
    boolean isDone() {
      return !writing && attempts.get() == 0;
    }

    @Override
    void work(WireClient client) {
      while (!isDone()) {
        int unused = attempts.incrementAndGet();
        var change = Requests.put(record, 0, Requests.blob(BLOB));
        answered(client.request("push", member().params("changes", List.of(change))).ok());
        pause();
      }
    }

    private void answered(JsonNode result) {
      if (result.get("ok").booleanValue()) {
        long cursor = result.get("cursor").longValue();
        assertThat(cursor).isGreaterThan(last);
        last = cursor;
        acknowledged.put(record, cursor);
        int unused = acknowledgements.incrementAndGet();
      } else if (attempts.get() > 1 && result.get("error").textValue().equals("conflict")) {
        found.add(record);
      } else {
        assertThat(result.get("error").textValue()).isEqualTo(AWAY);
        int unused = refusals.incrementAndGet();
        return;
      }
      record = Requests.newId();
      attempts.set(0);
    }
  }

  /** Keeps a copy of the space by notifications, and by pulls where they do not fit together. */
  private final class Listener extends JointClient {
    private final Replica replica = new Replica(member());
    private volatile long cursor;

    private Listener(SharedSpace space) {
      super(port, space.invite("read"), LISTEN_PAUSE);
    }

    @Override
    boolean isDone() {
      return !reading;
    }

    @Override
    void work(WireClient client) {
      replica.attach(client);
      do {
        cursor = replica.cursor();
        boolean unused = replica.step(STEP);
      } while (!isDone() && client.isOpen());
    }
  }

  /** Pulls the whole space again and again, as a new device does. */
  private final class Newcomer extends JointClient {
    private Newcomer() {
      super(port, reader, PULL_PAUSE);
    }

    @Override
    boolean isDone() {
      return !reading;
    }

    @Override
    void work(WireClient client) {
      Map<String, Long> before = Map.copyOf(acknowledged);
      Replica whole = pulled(client);
      assertThat(whole.records()).containsAllEntriesOf(before);
    }
  }

  /** All records of the space, none of whose cursors is missing. */
  private Replica pulled(WireClient client) {
    Replica whole = new Replica(reader).attach(client);
    assertThat(whole.records().values().stream().sorted())
        .containsExactlyElementsOf(LongStream.rangeClosed(1, whole.cursor()).boxed().toList());
    return whole;
  }

  /**
   * Everything that is there, when nobody writes any more: all that was acknowledged, in its place,
   * and nothing that was not pushed.
   */
  Replica assertNothingLost() {
    try (WireClient client = WireClient.open(port.getAsInt()).authenticate(reader.token())) {
      Replica whole = pulled(client);
      assertThat(whole.records()).containsAllEntriesOf(acknowledged);
      Set<String> pushed = new HashSet<>(acknowledged.keySet());
      pushed.addAll(found);
      assertThat(whole.records().keySet()).isEqualTo(pushed);
      return whole;
    }
  }

  /** All listeners have the same. They have ended. */
  void assertAllHave(Replica whole) {
    for (Listener each : listeners) {
      assertThat(each.replica.records()).isEqualTo(whole.records());
    }
  }
}
