package dev.betterbase.sync.launcher.command;

import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.settings.ListenAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;

/** Checks before the start whether the server can listen on its address. */
final class ListenPort {
  /** Unless the system says otherwise, only root may listen on ports below this one. */
  private static final int FIRST_FOR_ALL = 1024;

  private ListenPort() {}

  /**
   * Chooses the port: the one of the address, or a free one if that is 0.
   *
   * @return the address with a port that is not 0
   * @throws StartRefused if the port is in use or the host is not an address of this machine
   */
  static ListenAddress claim(ListenAddress address) {
    try {
      return new ListenAddress(address.host(), tried(address.host(), address.port()));
    } catch (IOException e) {
      throw new StartRefused(
          "LISTEN_ADDR="
              + address
              + ": cannot listen on this address: "
              + e.getMessage()
              + ": "
              + advice(address, e),
          e);
    }
  }

  private static int tried(String host, int port) throws IOException {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true); // like the server: connections of an earlier run may linger
      socket.bind(new InetSocketAddress(InetAddress.getByName(host), port));
      return socket.getLocalPort();
    }
  }

  /** The texts of the system depend on its language, so this tries another port. */
  private static String advice(ListenAddress address, IOException failure) {
    if (failure instanceof UnknownHostException) {
      return "check the host, or use 0.0.0.0 or [::] for all addresses of this machine";
    }
    try {
      int unused = tried(address.host(), 0);
    } catch (IOException e) {
      return "use an address of this machine, or 0.0.0.0 or [::] for all of them";
    }
    boolean inUse = String.valueOf(failure.getMessage()).contains("in use");
    return address.port() < FIRST_FOR_ALL && !inUse
        ? "use a port from 1024 on, or give the process the capability CAP_NET_BIND_SERVICE (in a"
            + " unit of systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE)"
        : "stop the program that listens there, or use another port";
  }
}
