package dev.betterbase.sync.rpc.method;

import dev.betterbase.sync.identity.AccessToken;
import dev.betterbase.sync.security.SecurityLog;

/** The caller at the other end of a connection. */
public sealed interface Caller {

  /**
   * The party whose share of scarce resources this caller takes: the same for all connections of
   * one person, or of one peer.
   */
  Object party();

  /** A person at a client, by an access token. */
  record Member(AccessToken token) implements Caller {
    @Override
    public Object party() {
      return token.person();
    }
  }

  /**
   * Another server, by the signature of its handshake: it shows the UCANs of its members, of any
   * audience.
   *
   * @param domain without port
   */
  record Peer(String domain) implements Caller {
    @Override
    public Object party() {
      return this;
    }
  }

  /**
   * The name of the caller in the security log: the pseudonym of a person, or the domain of a peer.
   */
  default String in(SecurityLog log) {
    return switch (this) {
      case Member(AccessToken token) -> log.person(token);
      case Peer(String domain) -> "peer " + domain;
    };
  }
}
