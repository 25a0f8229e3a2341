package dev.betterbase.sync.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/**
 * A test that attacks a server and measures what others notice. It needs the machine for itself, so
 * only {@code mvn verify -Phostile} runs it. Its tag is {@code hostile}.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("hostile")
public @interface HostileTest {}
