package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.protocol.Body;
import dev.betterbase.sync.protocol.ServerFrame;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.record.HomeRecords;
import dev.betterbase.sync.record.PullHandler;
import dev.betterbase.sync.rpc.method.ChunkSource;
import dev.betterbase.sync.space.HomeServer;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Pulls spaces from their home servers, one call for each server. */
@ApplicationScoped
public class HomePulls implements HomeRecords {
  @Inject private HomeLinks links;
  @Inject private SpoolRoom room;
  @Resource private ManagedScheduledExecutorService timer;

  @Override
  public List<ChunkSource> pull(String home, List<RemoteSpace> wanted) {
    HomeLink link = links.find(home).orElse(null);
    if (link == null) {
      // A home that is not trusted any more is skipped, like one that cannot be reached.
      return wanted.stream().map(space -> ChunkSource.empty()).toList();
    }
    Set<SpaceId> ids = wanted.stream().map(RemoteSpace::id).collect(Collectors.toSet());
    var request = new HomeServer.Request("pull", params(wanted), true);
    return new HomePull(new HomeStream(link, request, of(ids), room, timer).begin(), wanted)
        .spaces();
  }

  private static Body params(List<RemoteSpace> wanted) {
    return writer -> {
      writer.beginMap(1).key("spaces").beginList(wanted.size());
      for (RemoteSpace each : wanted) {
        writer
            .beginMap(3)
            .field("id", each.wanted().spelling())
            .field("since", each.wanted().since())
            .field("ucan", String.valueOf(each.wanted().ucan()))
            .endMap();
      }
      writer.endList().endMap();
    };
  }

  /** Whether a chunk is of a pull of one of these spaces. */
  private static Predicate<ServerFrame.Chunk> of(Set<SpaceId> spaces) {
    return chunk ->
        PullHandler.CHUNKS.contains(chunk.name())
            && spaces.contains(HomePull.space(chunk.data().reader()));
  }
}
