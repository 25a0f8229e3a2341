package dev.betterbase.sync;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import dev.betterbase.sync.operation.WildFlyTraces;
import dev.betterbase.sync.storage.PeriodicJob;
import jakarta.ejb.Stateless;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Which package may use which, and the rules that hold in all packages. */
@Order(1)
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.betterbase.sync");

  private static final String PACKAGE = "dev.betterbase.sync.";
  private static final String LAUNCHER = "dev.betterbase.sync.launcher..";
  private static final String TRANSPORT = "dev.betterbase.sync.rpc.transport..";

  /** The packages of the ground floor, which all packages above may use. */
  private static final List<String> GROUND =
      List.of(
          "settings",
          "address",
          "protocol",
          "rate",
          "fault",
          "storage",
          "identity",
          "security",
          "cluster",
          "rpc",
          "realtime");

  /** The packages that each package may use. Each package of the first level is listed here. */
  private static final Map<String, List<String>> ROOMS =
      Map.ofEntries(
          room("settings"),
          room("address", "settings"),
          room("protocol"),
          room("rate"),
          room("fault", "rate"),
          room("storage", "settings", "protocol", "fault"),
          room("identity", "settings", "protocol", "fault", "storage"),
          room("security", "settings", "address", "protocol", "rate", "storage", "identity"),
          room("cluster", "settings", "protocol", "fault"),
          room(
              "rpc",
              "settings",
              "address",
              "protocol",
              "rate",
              "fault",
              "identity",
              "security",
              "cluster"),
          room(
              "realtime", "settings", "protocol", "fault", "storage", "identity", "rpc", "cluster"),
          room("quota", "settings", "protocol", "storage", "identity", "rpc"),
          room("space", GROUND, "quota"),
          room("http", GROUND),
          room("record", GROUND, "space", "quota"),
          room("ratelimit", GROUND, "space"),
          room("presence", GROUND, "space"),
          room("epoch", GROUND, "space"),
          room("file", GROUND, "space", "http", "quota"),
          room("membership", GROUND, "space", "ratelimit"),
          room("invitation", GROUND, "space", "ratelimit"),
          room(
              "federation",
              GROUND,
              "space",
              "http",
              "record",
              "ratelimit",
              "epoch",
              "membership",
              "invitation",
              "file"),
          room("console", GROUND, "http", "federation", "admin"),
          room("listener", "settings", "address", "rate", "fault", "http"),
          room("operation", GROUND, "space", "http", "file", "federation", "listener"),
          room("admin", GROUND, "file"),
          room("launcher", GROUND, "federation", "operation", "http", "admin", "file", "listener"));

  /** The other parts of the same package that each part may use. */
  private static final Map<String, List<String>> PARTS =
      Map.ofEntries(
          room("federation.wire"),
          room("federation.trust", "federation.wire"),
          room("federation.calling", "federation.wire", "federation.trust"),
          room("federation.serving", "federation.wire", "federation.trust", "federation.calling"),
          room("cluster", "cluster.grid"),
          room("cluster.grid"),
          room("rpc.method"),
          room("rpc.transport"),
          room("rpc.transport.standard", "rpc.transport"),
          room("rpc.transport.upgrade", "rpc.transport", "rpc.transport.upgrade.payara"),
          room("rpc.transport.upgrade.payara"),
          room("rpc.outbound", "rpc.method", "rpc.transport"),
          room("file.storage"),
          room("launcher.boot"),
          room("launcher.check"),
          room("launcher.admin", "launcher", "launcher.postgres"),
          room("launcher.backup", "launcher", "launcher.postgres"),
          room("launcher.postgres", "launcher", "launcher.boot"),
          room("launcher.payara", "launcher", "launcher.boot", "launcher.postgres"),
          room(
              "launcher.command",
              "launcher",
              "launcher.boot",
              "launcher.check",
              "launcher.admin",
              "launcher.backup",
              "launcher.postgres",
              "launcher.payara"),
          room("launcher"));

  @Test
  void arrowsPointOneWay() {
    ROOMS.forEach(
        (room, uses) -> mayUse(PACKAGE + room + "..", uses, ROOMS.keySet()).check(CLASSES));
    classes()
        .should()
        .resideInAnyPackage(
            Stream.concat(
                    Stream.of("dev.betterbase.sync"),
                    ROOMS.keySet().stream().map(room -> PACKAGE + room + ".."))
                .toArray(String[]::new))
        .because("ROOMS lists each package and what it may use")
        .check(CLASSES);
  }

  @Test
  void partsOfARoomPointOneWay() {
    PARTS.forEach(
        (part, uses) -> {
          String room = roomOf(part);
          Set<String> others =
              PARTS.keySet().stream()
                  .filter(other -> roomOf(other).equals(room))
                  .collect(Collectors.toSet());
          noClasses()
              .that()
              .resideInAPackage(PACKAGE + part)
              .should()
              .dependOnClassesThat()
              .resideInAnyPackage(
                  others.stream()
                      .filter(other -> !other.equals(part) && !uses.contains(other))
                      .map(other -> PACKAGE + other)
                      .toArray(String[]::new))
              .allowEmptyShould(true)
              .check(CLASSES);
        });
  }

  private static String roomOf(String part) {
    int dot = part.indexOf('.');
    return dot < 0 ? part : part.substring(0, dot);
  }

  private static ArchRule mayUse(String from, List<String> uses, Set<String> rooms) {
    return noClasses()
        .that()
        .resideInAPackage(from)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            rooms.stream()
                .map(room -> PACKAGE + room + "..")
                .filter(room -> !room.equals(from))
                .filter(room -> uses.stream().noneMatch(used -> room.equals(PACKAGE + used + "..")))
                .toArray(String[]::new));
  }

  private static Map.Entry<String, List<String>> room(String name, String... uses) {
    return Map.entry(name, List.of(uses));
  }

  private static Map.Entry<String, List<String>> room(
      String name, List<String> ground, String... uses) {
    return Map.entry(name, Stream.concat(ground.stream(), Stream.of(uses)).toList());
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("dev.betterbase.sync.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void partsHaveNoCycles() {
    slices().matching("dev.betterbase.sync.(**)").should().beFreeOfCycles().check(CLASSES);
  }

  /** Within the calls to home servers, classes depend on one another one way only. */
  @Test
  void callingHasNoCyclesOfClasses() {
    slices()
        .assignedFrom(new TopLevelClassesOf(PACKAGE + "federation.calling"))
        .should()
        .beFreeOfCycles()
        .check(CLASSES);
  }

  /** Each class of a package, with those within it, is a slice. */
  private record TopLevelClassesOf(String name) implements SliceAssignment {
    @Override
    public SliceIdentifier getIdentifierOf(JavaClass type) {
      return type.getPackageName().equals(name)
          ? SliceIdentifier.of(type.getName().replaceFirst("\\$.*", ""))
          : SliceIdentifier.ignore();
    }

    @Override
    public String getDescription() {
      return "classes of " + name;
    }
  }

  /** Features see a connection as {@code rpc.method} shows it, and the node's connections. */
  @Test
  void featuresSeeNoTransport() {
    noClasses()
        .that()
        .resideOutsideOfPackages("dev.betterbase.sync.rpc..", "dev.betterbase.sync.operation..")
        .and()
        .haveSimpleNameNotEndingWith("Connections")
        .and()
        .haveSimpleNameNotEndingWith("Transports")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "dev.betterbase.sync.rpc.transport..", "dev.betterbase.sync.rpc.outbound..")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("dev.betterbase.sync.rpc.RpcConnection")
        .check(CLASSES);
  }

  /** Outside the launcher, only one package uses Payara's own classes. */
  @Test
  void onlyOnePackageUsesPayara() {
    noClasses()
        .that()
        .resideOutsideOfPackages(LAUNCHER, "dev.betterbase.sync.rpc.transport.upgrade.payara..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("fish.payara..", "org.glassfish..", "com.sun.enterprise..")
        .check(CLASSES);
  }

  /** Without CLUSTER, no class of Hazelcast is needed, and a server may have none. */
  @Test
  void onlyOnePackageUsesHazelcast() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.betterbase.sync.cluster.grid..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("com.hazelcast..")
        .check(CLASSES);
  }

  @Test
  void onlyTheTransportUsesWebSockets() {
    noClasses()
        .that()
        .resideOutsideOfPackage(TRANSPORT)
        .should()
        .dependOnClassesThat()
        .resideInAPackage("jakarta.websocket..")
        .check(CLASSES);
  }

  @Test
  void sessionBeansAreStores() {
    classes()
        .that()
        .areAnnotatedWith(Stateless.class)
        .should()
        .haveSimpleNameEndingWith("Store")
        .allowEmptyShould(true)
        .check(CLASSES);
  }

  /**
   * What a job scheduled itself would run after an undeployment, because nobody ends it. Only
   * HomeLinks lends its timer to links, which it closes.
   */
  @Test
  void periodicJobsAreRunByTheirOwnerOnly() {
    noClasses()
        .that()
        .implement(PeriodicJob.class)
        .and()
        .doNotHaveSimpleName("HomeLinks")
        .should()
        .dependOnClassesThat()
        .areAssignableTo(ScheduledExecutorService.class)
        .check(CLASSES);
  }

  @Test
  void namesSayWhatAClassIs() {
    noClasses()
        .should()
        .haveSimpleNameEndingWith("Util")
        .orShould()
        .haveSimpleNameEndingWith("Utils")
        .orShould()
        .haveSimpleNameEndingWith("Helper")
        .orShould()
        .haveSimpleNameEndingWith("Manager")
        .check(CLASSES);
  }

  /**
   * All logging uses System.Logger, whose events every server writes to its own log. WildFlyTraces
   * does not log so: it removes a handler that WildFly has added.
   */
  @Test
  void noOtherLoggers() {
    noClasses()
        .that()
        .resideOutsideOfPackage(LAUNCHER)
        .and()
        .doNotBelongToAnyOf(WildFlyTraces.class)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "java.util.logging..",
            "org.slf4j..",
            "org.jboss.logging..",
            "org.apache.logging..",
            "org.apache.commons.logging..")
        .check(CLASSES);
  }

  @Test
  void noStandardStreams() {
    noClasses()
        .that()
        .resideOutsideOfPackage(LAUNCHER)
        .should(ACCESS_STANDARD_STREAMS)
        .check(CLASSES);
  }

  @Test
  void everyPackageIsNullMarked() {
    classes().should(beInANullMarkedPackage()).check(CLASSES);
  }

  private static ArchCondition<JavaClass> beInANullMarkedPackage() {
    return new ArchCondition<>("be in a package that is NullMarked") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        boolean marked = type.getPackage().isAnnotatedWith(NullMarked.class);
        events.add(
            new SimpleConditionEvent(
                type,
                marked,
                type.getName() + (marked ? " is" : " is not") + " in a NullMarked package"));
      }
    };
  }
}
