package dev.betterbase.sync.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * A test that attacks a server and measures what others notice. It needs the machine for itself, so
 * only {@code mvn verify -Phostile} runs it, one class after another. Its tag is {@code hostile}.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("hostile")
@ResourceLock("the machine")
public @interface HostileTest {}
