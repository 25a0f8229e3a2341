package dev.betterbase.sync.launcher.command;

import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.settings.ListenAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/** Checks before the start whether the server can listen on its address. */
final class ListenPort {
  private ListenPort() {}

  /**
   * Chooses the port: the one of the address, or a free one if that is 0.
   *
   * @return the address with a port that is not 0
   * @throws StartRefused if the port is in use or the host is not an address of this machine
   */
  static ListenAddress claim(ListenAddress address) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true); // like the server: connections of an earlier run may linger
      socket.bind(new InetSocketAddress(InetAddress.getByName(address.host()), address.port()));
      return new ListenAddress(address.host(), socket.getLocalPort());
    } catch (IOException e) {
      throw new StartRefused(
          "LISTEN_ADDR=" + address + ": cannot listen on this address: " + e.getMessage(), e);
    }
  }
}
