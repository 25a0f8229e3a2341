package dev.betterbase.sync.testing;

import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * A shared space on a server, made by its admin, whose key is the root key; and the people who are
 * given a way into it.
 *
 * @param id its canonical id
 */
public record SharedSpace(TestServer server, String id, Member admin) {

  /**
   * Somebody with a key, and what they show in this space.
   *
   * @param ucan the chain that leads to the root key
   */
  public record Member(TestServer server, TestUser user, TestKey key, String space, String ucan) {
    /** A connection of theirs, whose token names their DID. */
    public WireClient connect() {
      return server.connect(token());
    }

    /**
     * A token that names their DID, and a mailbox of its own, so that any number of connections may
     * be theirs at once.
     */
    public String token() {
      return user.issuer().token().of(user.withOwnMailbox()).claim("did", key.did()).sign();
    }

    /** The name of the token that was given to them. */
    public String cid() {
      return TestUcan.cid(ucan);
    }

    /** The same person with another chain. */
    public Member with(String otherUcan) {
      return new Member(server, user, key, space, otherUcan);
    }

    /** Params of a method on this space: those keys and values, with space and UCAN. */
    public Map<String, Object> params(Object... keysAndValues) {
      var params = Requests.map("space", space, "ucan", ucan);
      params.putAll(Requests.map(keysAndValues));
      return params;
    }

    /** Params of a subscribe or pull of this space. */
    public Map<String, Object> spaces(long since, Object... keysAndValues) {
      var wanted = Requests.map("id", space, "since", since, "ucan", ucan);
      wanted.putAll(Requests.map(keysAndValues));
      return Requests.map("spaces", List.of(wanted));
    }

    /** Gives somebody new as much of what this member has. */
    public Member invite(String permission) {
      TestKey theirs = TestKey.create();
      String given = key.ucan().to(theirs).on(space).allows(permission).under(ucan).sign();
      return new Member(server, server.newUser(), theirs, space, given);
    }
  }

  /** Makes one, by a person whom nobody has seen before. */
  public static SharedSpace create(TestServer server) {
    return create(server, Map.of());
  }

  /** The same, made known on a server, of a space whose home is another one. */
  public static SharedSpace createElsewhere(TestServer server, String home) {
    return create(server, Map.of("home_server", home));
  }

  private static SharedSpace create(TestServer server, Map<String, Object> more) {
    String id = UUID.randomUUID().toString();
    TestKey key = TestKey.create();
    String ucan = key.ucan().to(key).on(id).allows("admin").sign();
    Member admin = new Member(server, server.newUser(), key, id, ucan);
    try (WireClient client = admin.connect()) {
      var params = Requests.map("id", id, "root_public_key", key.compressed());
      params.putAll(more);
      client.request("space.create", params).ok();
    }
    return new SharedSpace(server, id, admin);
  }

  /** Gives somebody new read, write or admin, in a chain of two tokens. */
  public Member invite(String permission) {
    return admin.invite(permission);
  }
}
