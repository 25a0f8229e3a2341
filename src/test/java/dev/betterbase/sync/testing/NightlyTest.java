package dev.betterbase.sync.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/**
 * A test that takes minutes of both processors: {@code mvn verify} leaves it out, {@code mvn verify
 * -Pnightly,standard-transport} runs it. Its tag is {@code nightly}.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Tag("nightly")
public @interface NightlyTest {}
