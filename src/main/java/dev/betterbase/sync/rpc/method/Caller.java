package dev.betterbase.sync.rpc.method;

import dev.betterbase.sync.identity.AccessToken;

/** Who is at the other end of a connection. */
public sealed interface Caller {

  /** A person at a client, by an access token. */
  record Member(AccessToken token) implements Caller {}

  /**
   * Another server, by the signature of its handshake: it shows the UCANs of its members, whoever
   * they are.
   *
   * @param domain without port
   */
  record Peer(String domain) implements Caller {}
}
