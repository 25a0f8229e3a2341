package dev.betterbase.sync.rpc.transport.upgrade.payara;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.function.IntSupplier;

/**
 * The TCP connection below the server's filters. A write to it costs a third less than one through
 * them.
 *
 * @param channel the channel of the socket, which does not block
 * @param queued the bytes that the server itself has not written to the channel yet
 */
public record DirectSocket(WritableByteChannel channel, IntSupplier queued) {

  /** Whether the kernel has taken everything that the server was given to write. */
  public boolean isIdle() {
    return queued.getAsInt() == 0;
  }

  /**
   * Writes what the kernel takes at once. To be called only while the socket is idle, and by the
   * thread that also writes to the server.
   *
   * @param bytes left at the first byte that the kernel did not take
   */
  public void write(ByteBuffer bytes) throws IOException {
    int unused = channel.write(bytes);
  }
}
