package dev.betterbase.sync.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/**
 * A class of tests that run this project's classes on a real PostgreSQL, without a server; its tag
 * is {@code database}. It needs no packaged jar. The class runs beside other classes, and its tests
 * one after another. One with {@code @ParameterizedClass} needs {@code @Execution(CONCURRENT)} for
 * that, and then its tests run beside one another as well.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@Tag("database")
@net.jqwik.api.Tag("database")
public @interface DatabaseTest {}
