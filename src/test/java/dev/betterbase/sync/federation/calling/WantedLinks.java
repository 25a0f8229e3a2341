package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.protocol.ServerFrame;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Events of links that are never opened. The test says which links are wanted without a call. */
final class WantedLinks implements HomeLink.Events {
  final Set<HomeLink> wanted = new HashSet<>();

  @Override
  public void notified(HomeLink link, ServerFrame.Notification notification) {}

  @Override
  public CompletionStage<?> opened(HomeLink link, HomeSession session) {
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public void called(HomeLink link, String method, long nanos, @Nullable Throwable failure) {}

  @Override
  public boolean isWanted(HomeLink link) {
    return wanted.contains(link);
  }
}
