package dev.betterbase.sync.testing;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.protocol.Sha256;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * A shared space on a server, with its admin, whose key is the root key, and further members.
 *
 * @param id the canonical id of the space
 */
public record SharedSpace(TestServer server, String id, Member admin) {

  /**
   * A member of the space.
   *
   * @param ucan the chain that leads to the root key
   */
  public record Member(TestServer server, TestUser user, TestKey key, String space, String ucan) {
    /** A new connection of the member, whose token names the member's DID. */
    public WireClient connect() {
      return server.connect(token());
    }

    /**
     * A token that names the member's DID and a new mailbox. The limit of connections counts by
     * mailbox, so the member can have any number of connections.
     */
    public String token() {
      return user.issuer().token().of(user.withOwnMailbox()).claim("did", key.did()).sign();
    }

    /** The CID of the last UCAN in the member's chain. */
    public String cid() {
      return TestUcan.cid(ucan);
    }

    /** The same member with another chain. */
    public Member with(String otherUcan) {
      return new Member(server, user, key, space, otherUcan);
    }

    /** Params of a method on this space: the given keys and values, the space and the UCAN. */
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

    /** Appends an entry of 40 bytes behind what is the last one of the membership log now. */
    public WireClient.Reply append(WireClient client) throws IOException {
      JsonNode log = client.request("membership.list", params()).ok();
      JsonNode entries = log.get("entries");
      byte[] last =
          entries.isEmpty()
              ? null
              : entries.get(entries.size() - 1).get("entry_hash").binaryValue();
      return client.request(
          "membership.append", appending(log.get("metadata_version").intValue(), last));
    }

    /** Params of a {@code membership.append} of 40 bytes behind an entry with this hash. */
    public Map<String, Object> appending(int version, byte[] last) {
      byte[] payload = Requests.blob(40);
      return params(
          "expected_version",
          version,
          "prev_hash",
          last,
          "entry_hash",
          Sha256.of(payload),
          "payload",
          payload);
    }

    /** Makes a new member, to whom this member delegates a permission. */
    public Member invite(String permission) {
      TestKey theirs = TestKey.create();
      String given = key.ucan().to(theirs).on(space).allows(permission).under(ucan).sign();
      return new Member(server, server.newUser(), theirs, space, given);
    }
  }

  /** Creates a space, with a new user as its admin. */
  public static SharedSpace create(TestServer server) {
    return create(server, Map.of());
  }

  /** Creates a space on a server with the domain of another server as its home. */
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

  /** Makes a new member with read, write or admin permission, in a chain of two UCANs. */
  public Member invite(String permission) {
    return admin.invite(permission);
  }
}
