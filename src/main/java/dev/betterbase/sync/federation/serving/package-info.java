/** The routes and methods that peers call on this server. What is incoming is named Peer…. */
@NullMarked
package dev.betterbase.sync.federation.serving;

import org.jspecify.annotations.NullMarked;
