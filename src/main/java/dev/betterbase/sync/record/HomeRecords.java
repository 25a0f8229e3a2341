package dev.betterbase.sync.record;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.ChunkSource;
import java.util.List;

/** The records of spaces that live on another server (federation.md, Calling). */
public interface HomeRecords {

  /**
   * A space to be pulled from its home server.
   *
   * @param wanted the spaces and cursors that the member asked for
   * @param capability the capability by which the member reads
   */
  record RemoteSpace(SpaceId id, PullHandler.Wanted wanted, Capability capability) {}

  /**
   * Asks a home server for spaces, all in one call. The call begins at once.
   *
   * @param home as {@link dev.betterbase.sync.space.Access#home} has it
   * @param wanted the spaces, in the order in which they are to be read
   * @return the chunks of each space, in that order. They are read one after the other. There are
   *     none if the home server leaves the space out or cannot be reached. Reading fails if the
   *     home server breaks off after something was read.
   */
  List<ChunkSource> pull(String home, List<RemoteSpace> wanted);
}
