package dev.betterbase.sync.portability;

import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.PortabilityTest;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A class of tests about what is off by default. The build runs it once for each server that has
 * deployments, with {@link RunningServer#EXTRAS}.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@PortabilityTest
@NightlyTest
@EnabledIfSystemProperty(named = RunningServer.EXTRAS, matches = "true")
@ExtendWith(RunningServer.class)
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@interface ExtrasTest {}
