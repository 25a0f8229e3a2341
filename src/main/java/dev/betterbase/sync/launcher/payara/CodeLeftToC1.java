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
import java.util.stream.Stream;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * Code that the optimizing compiler (C2) has no business with. On two processors, C2 has one of
 * them to itself for the first minute, and what it compiles is not worth that everywhere. It would
 * take two fifths of the processor time of a start, most of it for code that hardly ever runs
 * again. When the first clients come, C2 would still be busy with that, and their code would wait.
 * So this code is left to the quick compiler (C1); see docs/decisions/0009-jvm.md.
 */
final class CodeLeftToC1 {
  private static final Logger LOG = Logger.getLogger(CodeLeftToC1.class.getName());

  /**
   * Classes that run while the server starts, as patterns of JEP 165: they find, read and write
   * classes, and make an application of them. A request runs nothing of them, or so little that it
   * does not matter how fast it is: with HK2, the container looks up a handful of its own objects.
   */
  private static final List<String> START =
      List.of(
          // The class loaders of Java, and what reads, describes and makes classes.
          "java/lang/ClassLoader*",
          "java/lang/classfile/*",
          "java/lang/invoke/InnerClassLambdaMetafactory*",
          "java/lang/invoke/InvokerBytecodeGenerator*",
          "java/lang/invoke/LambdaForm",
          "java/lang/invoke/LambdaForm$Name*",
          "java/lang/invoke/LambdaFormBuffer*",
          "java/lang/invoke/LambdaFormEditor*",
          "java/lang/invoke/MemberName*",
          "java/lang/invoke/MethodHandles$Lookup*",
          "java/lang/invoke/MethodHandleNatives*",
          "java/lang/invoke/MethodType*",
          "java/lang/PublicMethods*",
          "java/lang/reflect/ProxyGenerator*",
          "java/net/URL",
          "java/net/URLClassLoader*",
          "java/net/URLStreamHandler*",
          "java/security/SecureClassLoader*",
          "java/util/Properties*",
          "java/util/jar/*",
          "java/util/zip/ZipFile*",
          "jdk/internal/classfile/*",
          "jdk/internal/constant/*",
          "jdk/internal/jimage/*",
          "jdk/internal/loader/*",
          "jdk/internal/module/*",
          "jdk/internal/util/xml/*",
          "sun/invoke/util/*",
          "sun/net/util/*",
          "sun/net/www/ParseUtil*",
          "sun/net/www/protocol/file/*",
          "sun/net/www/protocol/jar/*",
          "sun/nio/fs/UnixDirectoryStream*",
          "sun/nio/fs/UnixPath",
          "sun/reflect/annotation/*",
          "sun/reflect/generics/*",
          "sun/security/util/ManifestDigester*",
          "sun/util/locale/*",
          "org/jboss/classfilewriter/*",
          "org/objectweb/asm/*",
          // They read descriptors and scripts, and make a key of the password for PostgreSQL.
          "com/sun/crypto/provider/PBKDF2*",
          "com/sun/org/apache/xerces/*",
          "com/sun/xml/internal/stream/*",
          "java/text/MessageFormat*",
          "javax/naming/NameImpl*",
          "org/flywaydb/*",
          // They make an application of the classes.
          "com/fasterxml/classmate/*",
          "com/sun/enterprise/deploy/*",
          "com/sun/enterprise/deployment/*",
          "com/sun/enterprise/util/net/JarURIPattern*",
          "com/sun/enterprise/v3/admin/*",
          "org/apache/naming/resources/*",
          "org/eclipse/persistence/internal/jpa/deployment/*",
          "org/eclipse/persistence/internal/jpa/metadata/*",
          "org/glassfish/config/support/*",
          "org/glassfish/deployment/*",
          "org/glassfish/hk2/*",
          "org/glassfish/web/deployment/*",
          "org/glassfish/web/loader/*",
          "org/glassfish/weld/connector/*",
          "org/hibernate/validator/internal/metadata/*",
          "org/hibernate/validator/internal/util/*",
          "org/jboss/weld/annotated/*",
          "org/jboss/weld/bootstrap/*",
          "org/jboss/weld/injection/ForwardingInjectionPoint*",
          "org/jboss/weld/injection/attributes/*",
          "org/jboss/weld/introspector/*",
          "org/jboss/weld/resolution/*",
          "org/jboss/weld/resources/*",
          "org/jboss/weld/util/collections/Immutable*",
          "org/jboss/weld/util/reflection/HierarchyDiscovery*",
          "org/jvnet/hk2/*");

  /** Methods of classes that also have some which requests run often. */
  private static final List<String> START_METHODS =
      List.of(
          "java/lang/invoke/DirectMethodHandle.make*",
          "java/lang/invoke/DirectMethodHandle.preparedLambdaForm",
          "java/lang/Class.descriptorString",
          "java/lang/Class.getMethodsRecursive",
          "java/lang/Class.privateGet*",
          "java/lang/reflect/*.declaredAnnotations",
          "java/lang/reflect/*.getAnnotatedReturnType*",
          "java/lang/reflect/*.getParameterAnnotations",
          "java/lang/reflect/*.parameterData",
          "java/lang/reflect/Proxy.getProxyConstructor",
          "java/lang/reflect/Proxy.newProxyInstance");

  /**
   * What surrounds a request: the container hands it on and tells its listeners of it, and its
   * headers are checked. There is much of this code, and each request runs it once, so C2 would
   * take seconds to make it a little faster. Not among it is code that sees each byte or frame.
   */
  private static final List<String> REQUESTS =
      List.of(
          "com/sun/enterprise/v3/services/*",
          "com/sun/enterprise/web/*",
          "com/sun/web/*",
          "dev/betterbase/sync/listener/MalformedRequests*",
          "org/apache/catalina/*",
          "org/glassfish/api/*",
          "org/jboss/weld/module/web/*");

  private static final String DIRECTIVES = "[{match: [%s], c2: {Exclude: true}}]";

  private CodeLeftToC1() {}

  /**
   * Tells the JVM. One that has no such command compiles this code as any other.
   *
   * @param folder the folder of this run
   */
  static void tellJvm(Path folder) {
    Path file = folder.resolve("compiler-directives.json");
    String patterns =
        Stream.concat(
                Stream.concat(START.stream(), REQUESTS.stream()).map(classes -> classes + ".*"),
                START_METHODS.stream())
            .map(pattern -> '"' + pattern + '"')
            .collect(Collectors.joining(", "));
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
