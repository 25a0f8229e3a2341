package dev.betterbase.sync.rpc;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.betterbase.sync.protocol.Close;
import dev.betterbase.sync.protocol.CloseCode;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.Notification;
import dev.betterbase.sync.rpc.outbound.InOrderReplies;
import dev.betterbase.sync.rpc.outbound.OutboundQueue;
import dev.betterbase.sync.rpc.outbound.SendBudget;
import dev.betterbase.sync.rpc.transport.TransportConnection;
import dev.betterbase.sync.rpc.transport.TransportListener;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.naming.InitialContext;
import javax.naming.NamingException;

/**
 * One connection of the probe application, with the outbound queue of the real server. Binary
 * messages are sent back, and text messages are commands.
 */
public final class ProbeListener implements TransportListener {
  private static final SpaceId SPACE = new SpaceId(new UUID(1, 1));

  /** What all connections of the application share. */
  public static final class Group {
    private final Set<ProbeListener> open = ConcurrentHashMap.newKeySet();
    private final Set<ProbeListener> members = ConcurrentHashMap.newKeySet();
    private final Map<String, ProbeListener> names = new ConcurrentHashMap<>();
    private final SendBudget budget = SendBudget.ofHeap();
    private final ScheduledExecutorService scheduler;

    /**
     * @param scheduler runs what a command delays
     */
    public Group(ScheduledExecutorService scheduler) {
      this.scheduler = scheduler;
    }
  }

  private final Group group;
  private final TransportConnection transport;
  private final OutboundQueue queue;
  private final InOrderReplies replies;
  private volatile int limit = 64 << 20;
  private final AtomicInteger frames = new AtomicInteger();

  /** Takes a connection. */
  public ProbeListener(Group group, TransportConnection transport) {
    this.group = group;
    this.transport = transport;
    this.queue =
        new OutboundQueue(transport::offer, group.budget, () -> closeNow(Close.SLOW_CONSUMER));
    this.replies = new InOrderReplies(queue, transport, () -> {}, transport::resume);
    group.open.add(this);
  }

  @Override
  public void heard() {}

  @Override
  public void frame() {
    frames.incrementAndGet();
  }

  @Override
  public int messageLimit() {
    return limit;
  }

  @Override
  public Object sender() {
    return this;
  }

  @Override
  public void binary(byte[] message) {
    reply(List.of(message));
  }

  private void reply(List<byte[]> messages) {
    InOrderReplies.Outcome unused = replies.send(messages);
  }

  private void reply(String text) {
    reply(List.of(text.getBytes(UTF_8)));
  }

  @Override
  public void refused(Close close) {
    close(close);
  }

  @Override
  public void closing() {
    queue.discard();
  }

  @Override
  public void closed() {
    queue.discard();
    group.open.remove(this);
    group.members.remove(this);
    group.names.values().remove(this);
  }

  private void close(Close close) {
    queue.finish(() -> transport.close(close, () -> {}));
  }

  private void closeNow(Close close) {
    queue.discard();
    transport.close(close, () -> {});
  }

  /** Runs the command. */
  @Override
  public void text(String message) {
    String[] words = message.split(" ", 3);
    switch (words[0]) {
      case "stream" -> stream(Integer.parseInt(words[1]), Integer.parseInt(words[2]));
      case "join" -> {
        group.members.add(this);
        reply("joined");
      }
      case "publish" -> publish(Integer.parseInt(words[1]), Integer.parseInt(words[2]));
      case "close" -> close(close(words));
      case "close-now" -> closeNow(close(words));
      case "close-now-other" -> named(words[1]).closeNow(Close.SLOW_CONSUMER);
      case "name" -> {
        group.names.put(words[1], this);
        reply("named");
      }
      case "counts" -> {
        TransportConnection other = named(words[1]).transport;
        reply(other.unsentBytes() + " " + other.takenBytes());
      }
      case "cut" -> named(words[1]).transport.cut();
      case "ping" -> transport.ping();
      case "hold" -> hold(Integer.parseInt(words[1]));
      case "limit" -> limit = Integer.parseInt(words[1]);
      case "frames" -> reply(frames.toString());
      case "open" -> reply(Integer.toString(group.open.size()));
      case "context" -> reply(context());
      default -> throw new IllegalArgumentException(message);
    }
  }

  private ProbeListener named(String name) {
    return Objects.requireNonNull(group.names.get(name));
  }

  private static Close close(String[] words) {
    int number = Integer.parseInt(words[1]);
    CloseCode code =
        Stream.of(CloseCode.values())
            .filter(each -> each.number() == number)
            .findAny()
            .orElseThrow();
    return new Close(code, words[2]);
  }

  private void hold(int millis) {
    if (!transport.suspend()) {
      reply("cannot");
      return;
    }
    var unused = group.scheduler.schedule(transport::resume, millis, TimeUnit.MILLISECONDS);
  }

  /** Sends this many messages of this size, batch by batch as there is room. */
  private void stream(int count, int size) {
    byte[] message = new byte[size];
    int batch = Math.max(1, Math.min(48, 65_536 / Math.max(1, size)));
    streamOn(count, Collections.nCopies(batch, message));
  }

  private void streamOn(int count, List<byte[]> batch) {
    int left = count;
    while (left > 0 && group.open.contains(this)) {
      List<byte[]> now = batch.subList(0, Math.min(left, batch.size()));
      int sent = queue.offerReplies(now, 0);
      left -= sent;
      if (sent < now.size()) {
        int rest = left;
        queue.whenRoomForReply(batch.getFirst().length, () -> streamOn(rest, batch));
        return;
      }
    }
  }

  private void publish(int count, int size) {
    byte[] message = new byte[size];
    for (int i = 0; i < count; i++) {
      for (ProbeListener member : group.members) {
        member.queue.offer(new Notification.Lasting(SPACE, message));
      }
    }
  }

  /** Whether this thread has the context of the application. */
  @SuppressWarnings("BanJNDI") // A constant name, looked up to see whether there is naming at all.
  private static String context() {
    boolean loader =
        Thread.currentThread().getContextClassLoader() == ProbeListener.class.getClassLoader();
    boolean naming;
    try {
      naming = InitialContext.doLookup("java:comp/UserTransaction") != null;
    } catch (NamingException e) {
      naming = false;
    }
    return "class loader " + loader + ", naming " + naming;
  }
}
