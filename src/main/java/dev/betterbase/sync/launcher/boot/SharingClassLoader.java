package dev.betterbase.sync.launcher.boot;

import java.net.URL;
import java.net.URLClassLoader;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Loads classes from its own jars, and the classes of some packages from other class loaders. It
 * sees nothing else: the server, the launcher and the application have different versions of some
 * libraries.
 */
public final class SharingClassLoader extends URLClassLoader {
  private final TreeMap<String, ClassLoader> shared;

  /**
   * @param name the name that stack traces show
   * @param urls the jars and folders from which it loads classes itself
   * @param shared the class loaders of other packages, by the beginnings of class names
   */
  SharingClassLoader(String name, URL[] urls, Map<String, ClassLoader> shared) {
    super(name, urls, getPlatformClassLoader());
    this.shared = new TreeMap<>(shared);
  }

  /**
   * Another class loader of the same jars, for work that is done once. When it is closed and
   * nothing of it is in use, the JVM forgets its classes, which this loader would keep as long as
   * the process lives.
   *
   * @param name the name that stack traces show
   * @param common the names of classes that both have in common
   */
  public SharingClassLoader again(String name, Set<String> common) {
    Map<String, ClassLoader> others = new HashMap<>(shared);
    common.forEach(each -> others.put(each, this));
    return new SharingClassLoader(name, getURLs(), others);
  }

  @Override
  protected Class<?> findClass(String name) throws ClassNotFoundException {
    var other = shared.floorEntry(name);
    return other != null && name.startsWith(other.getKey())
        ? other.getValue().loadClass(name)
        : super.findClass(name);
  }
}
