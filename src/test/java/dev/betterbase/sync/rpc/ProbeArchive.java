package dev.betterbase.sync.rpc;

import dev.betterbase.sync.protocol.Close;
import dev.betterbase.sync.rpc.method.Notification;
import dev.betterbase.sync.rpc.outbound.OutboundQueue;
import dev.betterbase.sync.rpc.transport.upgrade.TextEcho;
import dev.betterbase.sync.rpc.transport.upgrade.UpgradeTransport;
import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.websocket.core.Frame;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.exporter.ZipExporter;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.slf4j.Logger;
import org.slf4j.jul.JDK14LoggerFactory;

/** The probe application as a WAR: the transports, the outbound queue, and what they need. */
public final class ProbeArchive {
  private static final Class<?>[] FROM_LIBRARIES = {
    Frame.class, ByteBufferPool.class, BufferUtil.class, Logger.class, JDK14LoggerFactory.class
  };

  /** Without this, Tyrus accepts messages of at most 4 MiB. */
  private static final String WEB_XML =
      """
      <web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
        <context-param>
          <param-name>org.glassfish.tyrus.servlet.incoming-buffer-size</param-name>
          <param-value>83886080</param-value>
        </context-param>
      </web-app>
      """;

  private ProbeArchive() {}

  /** The archive, for a server that deploys archives. */
  public static WebArchive war() {
    return ShrinkWrap.create(WebArchive.class, "probe.war")
        .addPackages(true, UpgradeTransport.class.getPackage().getName().replace(".upgrade", ""))
        .addPackages(false, Close.class.getPackage(), OutboundQueue.class.getPackage())
        .addClasses(ProbeApplication.class, ProbeListener.class, TextEcho.class, Notification.class)
        .setWebXML(new StringAsset(WEB_XML))
        .addAsLibraries(
            Stream.of(FROM_LIBRARIES).map(ProbeArchive::library).distinct().toArray(File[]::new));
  }

  /** Writes the archive to a file, for a server that deploys files. */
  public static void writeTo(Path file) {
    war().as(ZipExporter.class).exportTo(file.toFile(), true);
  }

  private static File library(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toFile();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
