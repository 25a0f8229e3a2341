package dev.betterbase.sync.operation;

import jakarta.servlet.ServletContext;

/** The application server that the application is deployed on. */
enum HostServer {
  /** Payara Micro, with or without the launcher of this project, or Payara Server. */
  PAYARA,
  WILDFLY,
  OTHER;

  /** The server that a web application runs on, by what it says of itself. */
  static HostServer of(ServletContext context) {
    String info = context.getServerInfo();
    if (info.contains("Payara")) {
      return PAYARA;
    }
    return info.startsWith("WildFly") ? WILDFLY : OTHER;
  }
}
