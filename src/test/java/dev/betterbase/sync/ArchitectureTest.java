package dev.betterbase.sync;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import jakarta.ejb.Stateless;
import org.jspecify.annotations.NullMarked;

/** The house: which package may know which, and what holds in all of them. */
@AnalyzeClasses(
    packages = "dev.betterbase.sync",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  private static final String LAUNCHER = "dev.betterbase.sync.launcher..";
  private static final String TRANSPORT = "dev.betterbase.sync.rpc.transport..";

  @ArchTest
  static final ArchRule arrowsPointOneWay =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .withOptionalLayers(true)
          .layer("settings")
          .definedBy("dev.betterbase.sync.settings..")
          .layer("protocol")
          .definedBy("dev.betterbase.sync.protocol..")
          .layer("identity")
          .definedBy("dev.betterbase.sync.identity..")
          .layer("rpc")
          .definedBy("dev.betterbase.sync.rpc..")
          .layer("realtime")
          .definedBy("dev.betterbase.sync.realtime..")
          .layer("space")
          .definedBy("dev.betterbase.sync.space..")
          .layer("record")
          .definedBy("dev.betterbase.sync.record..")
          .layer("ratelimit")
          .definedBy("dev.betterbase.sync.ratelimit..")
          .layer("membership")
          .definedBy("dev.betterbase.sync.membership..")
          .layer("epoch")
          .definedBy("dev.betterbase.sync.epoch..")
          .layer("invitation")
          .definedBy("dev.betterbase.sync.invitation..")
          .layer("presence")
          .definedBy("dev.betterbase.sync.presence..")
          .layer("file")
          .definedBy("dev.betterbase.sync.file..")
          .layer("federation")
          .definedBy("dev.betterbase.sync.federation..")
          .layer("http")
          .definedBy("dev.betterbase.sync.http..")
          .layer("operation")
          .definedBy("dev.betterbase.sync.operation..")
          .layer("launcher")
          .definedBy(LAUNCHER)
          .whereLayer("settings")
          .mayNotAccessAnyLayer()
          .whereLayer("protocol")
          .mayNotAccessAnyLayer()
          .whereLayer("identity")
          .mayOnlyAccessLayers("settings", "protocol")
          .whereLayer("rpc")
          .mayOnlyAccessLayers("settings", "protocol", "identity")
          .whereLayer("realtime")
          .mayOnlyAccessLayers("settings", "protocol", "identity", "rpc")
          .whereLayer("space")
          .mayOnlyAccessLayers("settings", "protocol", "identity", "rpc", "realtime")
          .whereLayer("record")
          .mayOnlyAccessLayers("settings", "protocol", "identity", "rpc", "realtime", "space")
          .whereLayer("ratelimit")
          .mayOnlyAccessLayers("settings", "protocol", "identity", "rpc", "realtime", "space")
          .whereLayer("membership")
          .mayOnlyAccessLayers(
              "settings", "protocol", "identity", "rpc", "realtime", "space", "ratelimit")
          .whereLayer("epoch")
          .mayOnlyAccessLayers("settings", "protocol", "identity", "rpc", "realtime", "space")
          .whereLayer("invitation")
          .mayOnlyAccessLayers(
              "settings", "protocol", "identity", "rpc", "realtime", "space", "ratelimit")
          .whereLayer("presence")
          .mayOnlyAccessLayers("settings", "protocol", "identity", "rpc", "realtime", "space")
          .whereLayer("file")
          .mayOnlyAccessLayers(
              "settings", "protocol", "identity", "rpc", "realtime", "space", "http")
          .whereLayer("federation")
          .mayOnlyBeAccessedByLayers("operation", "launcher")
          .whereLayer("launcher")
          .mayNotBeAccessedByAnyLayer();

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("dev.betterbase.sync.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule onlyTheTransportKnowsWebSockets =
      noClasses()
          .that()
          .resideOutsideOfPackage(TRANSPORT)
          .should()
          .dependOnClassesThat()
          .resideInAPackage("jakarta.websocket..");

  @ArchTest
  static final ArchRule sessionBeansAreStores =
      classes()
          .that()
          .areAnnotatedWith(Stateless.class)
          .should()
          .haveSimpleNameEndingWith("Store")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule namesSayWhatAClassIs =
      noClasses()
          .should()
          .haveSimpleNameEndingWith("Util")
          .orShould()
          .haveSimpleNameEndingWith("Utils")
          .orShould()
          .haveSimpleNameEndingWith("Helper")
          .orShould()
          .haveSimpleNameEndingWith("Manager");

  /** Logging goes through System.Logger, which every server brings to its own log. */
  @ArchTest
  static final ArchRule noOtherLoggers =
      noClasses()
          .that()
          .resideOutsideOfPackage(LAUNCHER)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "java.util.logging..",
              "org.slf4j..",
              "org.jboss.logging..",
              "org.apache.logging..",
              "org.apache.commons.logging..");

  @ArchTest
  static final ArchRule noStandardStreams =
      noClasses().that().resideOutsideOfPackage(LAUNCHER).should(ACCESS_STANDARD_STREAMS);

  @ArchTest
  static final ArchRule everyPackageIsNullMarked = classes().should(beInANullMarkedPackage());

  private static ArchCondition<JavaClass> beInANullMarkedPackage() {
    return new ArchCondition<>("be in a package that is NullMarked") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        boolean marked = type.getPackage().isAnnotatedWith(NullMarked.class);
        events.add(
            new SimpleConditionEvent(
                type, marked, type.getName() + (marked ? " is" : " is not") + " in one"));
      }
    };
  }
}
