package dev.betterbase.sync.launcher.payara;

import dev.betterbase.sync.launcher.StartRefused;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * Code that runs while the server starts, and hardly ever after: what finds, reads and writes
 * classes, and what makes an application of them. The optimizing compiler (C2) would take two
 * fifths of the processor time of a start, most of it for this code, and on two processors the
 * start would wait for it. So this code is left to the quick compiler (C1); see
 * docs/decisions/0009-jvm.md.
 */
final class StartOnlyCode {
  private static final Logger LOG = Logger.getLogger(StartOnlyCode.class.getName());

  /** The classes, as patterns of JEP 165. Nothing that a request runs may be among them. */
  private static final List<String> CLASSES =
      List.of(
          // The class loaders of Java, and what reads, describes and makes classes.
          "java/lang/ClassLoader*",
          "java/lang/classfile/*",
          "java/lang/invoke/InnerClassLambdaMetafactory*",
          "java/lang/invoke/InvokerBytecodeGenerator*",
          "java/lang/invoke/LambdaForm",
          "java/lang/invoke/LambdaFormBuffer*",
          "java/lang/invoke/LambdaFormEditor*",
          "java/lang/invoke/MemberName*",
          "java/lang/invoke/MethodHandleNatives*",
          "java/lang/invoke/MethodType*",
          "java/net/URL",
          "java/net/URLClassLoader*",
          "java/net/URLStreamHandler*",
          "java/util/jar/*",
          "java/util/zip/ZipFile*",
          "jdk/internal/classfile/*",
          "jdk/internal/constant/*",
          "jdk/internal/jimage/*",
          "jdk/internal/loader/*",
          "jdk/internal/module/*",
          "sun/net/www/ParseUtil*",
          "sun/net/www/protocol/file/*",
          "sun/net/www/protocol/jar/*",
          "sun/reflect/annotation/*",
          "sun/reflect/generics/*",
          "org/jboss/classfilewriter/*",
          "org/objectweb/asm/*",
          // What reads descriptors, and what makes a key of the password for PostgreSQL.
          "com/sun/crypto/provider/PBKDF2*",
          "com/sun/org/apache/xerces/*",
          // It makes an application of the classes.
          "com/fasterxml/classmate/*",
          "org/apache/naming/resources/*",
          "org/eclipse/persistence/internal/jpa/deployment/*",
          "org/eclipse/persistence/internal/jpa/metadata/*",
          "org/glassfish/hk2/classmodel/*",
          "org/glassfish/web/deployment/*",
          "org/glassfish/web/loader/*",
          "org/hibernate/validator/internal/metadata/*",
          "org/hibernate/validator/internal/util/*",
          "org/jboss/weld/annotated/*",
          "org/jboss/weld/bootstrap/*",
          "org/jboss/weld/injection/ForwardingInjectionPoint*",
          "org/jboss/weld/introspector/*",
          "org/jboss/weld/util/reflection/HierarchyDiscovery*");

  private static final String DIRECTIVES = "[{match: [%s], c2: {Exclude: true}}]";

  private StartOnlyCode() {}

  /**
   * Tells the JVM. One that has no such command compiles this code as any other.
   *
   * @param folder the folder of this run
   */
  static void leaveToC1(Path folder) {
    Path file = folder.resolve("compiler-directives.json");
    String patterns =
        CLASSES.stream().map(classes -> '"' + classes + ".*\"").collect(Collectors.joining(", "));
    try {
      Files.writeString(file, DIRECTIVES.formatted(patterns));
      Object answer =
          ManagementFactory.getPlatformMBeanServer()
              .invoke(
                  new ObjectName("com.sun.management:type=DiagnosticCommand"),
                  "compilerDirectivesAdd",
                  new Object[] {new String[] {file.toString()}},
                  new String[] {String[].class.getName()});
      LOG.log(Level.FINE, "Directives for the compiler: {0}", answer);
    } catch (JMException e) {
      LOG.log(Level.FINE, "This JVM takes no directives for its compiler", e);
    } catch (IOException e) {
      throw new StartRefused("cannot write " + file + ": " + e, e);
    }
  }
}
