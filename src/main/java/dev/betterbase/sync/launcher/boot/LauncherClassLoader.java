package dev.betterbase.sync.launcher.boot;

import java.net.URL;
import java.net.URLClassLoader;

/**
 * Loads the launcher, the application's settings and their libraries. It sees what it shares with
 * the server, and none of the server's other classes: the server has other versions of some
 * libraries, on the system class path.
 */
final class LauncherClassLoader extends URLClassLoader {
  private static final String[] SHARED = {
    "dev.betterbase.sync.launcher.boot.", "fish.payara.micro.", "org.postgresql."
  };

  private final ClassLoader shared;

  /**
   * @param urls what it loads itself
   * @param shared the class loader of the shared classes
   */
  LauncherClassLoader(URL[] urls, ClassLoader shared) {
    super("launcher", urls, getPlatformClassLoader());
    this.shared = shared;
  }

  @Override
  protected Class<?> findClass(String name) throws ClassNotFoundException {
    for (String prefix : SHARED) {
      if (name.startsWith(prefix)) {
        return shared.loadClass(name);
      }
    }
    return super.findClass(name);
  }
}
