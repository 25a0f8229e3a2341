package dev.betterbase.sync.federation.serving;

import dev.betterbase.sync.federation.trust.PeerAuthentication;
import dev.betterbase.sync.federation.trust.Peers;
import dev.betterbase.sync.federation.wire.FileProtocol;
import dev.betterbase.sync.file.FileStorages;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletResponse;

/**
 * Authenticates a peer that asks for a file. Marks each answer, so that the peer can tell it from
 * an answer of a server without these routes.
 */
public class PeerFilesFilter extends PeerFilter {
  @Inject private FileStorages storages;

  @Override
  boolean isThere() {
    return storages.chosen().isPresent();
  }

  @Override
  PeerAuthentication authentication(Peers trusted) {
    return trusted.files();
  }

  @Override
  void decided(HttpServletResponse response, boolean letIn) {
    response.setHeader(FileProtocol.HEADER, letIn ? FileProtocol.ANSWERED : FileProtocol.REFUSED);
  }
}
