package dev.betterbase.sync.http;

import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;

/**
 * The HTTP routes, at the root of the application. The container finds resources and mappers by
 * their annotations, so a new route is a new class and nothing here changes.
 */
@ApplicationPath("/")
public class RestApplication extends Application {}
