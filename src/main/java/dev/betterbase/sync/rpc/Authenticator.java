package dev.betterbase.sync.rpc;

import dev.betterbase.sync.identity.AccessToken;
import dev.betterbase.sync.identity.AccessTokenVerifier;
import dev.betterbase.sync.identity.InvalidAccessToken;
import dev.betterbase.sync.identity.MailboxOwners;
import dev.betterbase.sync.protocol.Close;
import dev.betterbase.sync.protocol.CloseCode;
import dev.betterbase.sync.protocol.FrameReader;
import dev.betterbase.sync.protocol.ProtocolViolation;
import jakarta.enterprise.context.Dependent;
import jakarta.inject.Inject;
import java.util.function.UnaryOperator;

/** Verifies the tokens of connections: in their first frame, and later in {@code token.refresh}. */
@Dependent
final class Authenticator {

  private final AccessTokenVerifier verifier;
  private final UnaryOperator<AccessToken> mailboxes;

  @Inject
  Authenticator(AccessTokenVerifier verifier, MailboxOwners mailboxes) {
    this(verifier, mailboxes::withOwnMailbox);
  }

  /**
   * @param verifier verifies tokens
   * @param mailboxes removes the mailbox from a token whose issuer does not own it
   */
  Authenticator(AccessTokenVerifier verifier, UnaryOperator<AccessToken> mailboxes) {
    this.verifier = verifier;
    this.mailboxes = mailboxes;
  }

  /**
   * Reads the first frame of a connection.
   *
   * @param message at most 64 KiB
   * @throws ProtocolViolation with the close 4000 that the case asks for (protocol.md, Connecting)
   */
  AccessToken authenticate(byte[] message) throws ProtocolViolation {
    String text = FrameReader.readAuth(message);
    AccessToken token;
    try {
      token = verify(text);
    } catch (InvalidAccessToken e) {
      throw new ProtocolViolation(new Close(CloseCode.AUTH_FAILED, e.reason().closeReason()));
    }
    if (!token.hasScope(AccessToken.SCOPE_SYNC)) {
      throw new ProtocolViolation(Close.SYNC_SCOPE_REQUIRED);
    }
    return token;
  }

  /** Verifies a token; a mailbox that belongs to another issuer counts as none. */
  AccessToken verify(String text) throws InvalidAccessToken {
    return mailboxes.apply(verifier.verify(text));
  }
}
