package dev.betterbase.sync.record;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.ChunkStream;
import java.util.List;

/** The records of spaces that live on another server (federation.md, Calling). */
public interface HomeRecords {

  /**
   * A space to be pulled from its home server.
   *
   * @param wanted what the member asked for
   * @param capability what the member reads by
   */
  record RemoteSpace(SpaceId id, PullHandler.Wanted wanted, Capability capability) {}

  /**
   * Asks a home server for spaces, all in one call. The call begins at once.
   *
   * @param home as {@link dev.betterbase.sync.space.Access#home} has it
   * @param wanted the spaces, in the order in which they are to be read
   * @return a stream for each space, in that order. One is read after the other. A stream is empty
   *     if the home server leaves its space out or cannot be reached. It fails if the home server
   *     breaks off after something of it was read.
   */
  List<ChunkStream> pull(String home, List<RemoteSpace> wanted);
}
