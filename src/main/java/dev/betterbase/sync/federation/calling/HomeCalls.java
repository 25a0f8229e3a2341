package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.Encoded;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.rpc.method.ChunkStream;
import dev.betterbase.sync.space.HomeServer;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Forwards the requests of members to the home servers of their spaces (federation.md, Calling).
 * What comes back goes to the member as it is.
 */
@ApplicationScoped
public class HomeCalls implements HomeServer {
  @Inject private HomeLinks links;
  @Inject private SpoolRoom room;
  @Resource private ManagedScheduledExecutorService timer;

  @Override
  public CompletionStage<Encoded> call(String home, Request request) {
    return links
        .find(home)
        .map(link -> link.call(request.method(), request.params(), request.repeatable()))
        .orElseGet(() -> CompletableFuture.failedFuture(new Failure.Internal("internal")));
  }

  @Override
  public ChunkStream stream(
      String home, Request request, Set<String> chunks, Capability capability) {
    HomeLink link = links.find(home).orElseThrow(() -> new Failure.Internal("internal"));
    var stream = new HomeStream(link, request, chunk -> chunks.contains(chunk.name()), room, timer);
    return new HomeChunks(stream.begin(), capability);
  }
}
