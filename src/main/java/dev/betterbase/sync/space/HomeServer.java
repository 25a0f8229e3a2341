package dev.betterbase.sync.space;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.Body;
import dev.betterbase.sync.protocol.Encoded;
import dev.betterbase.sync.rpc.method.ChunkStream;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** Calls the home server of a space for a member, who was authorised here (federation.md). */
public interface HomeServer {

  /**
   * A request as the home server gets it.
   *
   * @param repeatable whether it may be sent a second time when its answer was lost
   */
  record Request(String method, Body params, boolean repeatable) {}

  /**
   * Asks for one reply.
   *
   * @param home as {@link Access#home} has it
   * @return the result, within 12 s; fails with a {@link dev.betterbase.sync.protocol.Failure}: the
   *     home server's own, or internal if it cannot be reached
   */
  CompletionStage<Encoded> call(String home, Request request);

  /**
   * Asks for a stream.
   *
   * @param home as {@link Access#home} has it
   * @param chunks the names that its chunks may have
   * @param capability the capability by which the member reads; the stream ends when it expires
   */
  ChunkStream stream(String home, Request request, Set<String> chunks, Capability capability);
}
