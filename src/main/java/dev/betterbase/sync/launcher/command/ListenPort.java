package dev.betterbase.sync.launcher.command;

import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.settings.ListenAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/** Looks, before anything is started, whether the address to listen on can be had. */
final class ListenPort {
  private ListenPort() {}

  /**
   * The address with a port: the one asked for, or a free one where 0 was.
   *
   * @throws StartRefused where it is in use, or no address of this machine
   */
  static ListenAddress claim(ListenAddress address) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true); // as the server will: connections of an earlier run linger
      socket.bind(new InetSocketAddress(InetAddress.getByName(address.host()), address.port()));
      return new ListenAddress(address.host(), socket.getLocalPort());
    } catch (IOException e) {
      throw new StartRefused(
          "LISTEN_ADDR=" + address + ": cannot listen there: " + e.getMessage(), e);
    }
  }
}
