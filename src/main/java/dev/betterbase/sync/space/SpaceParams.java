package dev.betterbase.sync.space;

import org.jspecify.annotations.Nullable;

/** The params of a method on one space. */
public interface SpaceParams {
  /** The space's id, in the caller's spelling. */
  String space();

  /** The UCAN that gives the caller access; null if none was sent, as for a personal space. */
  @Nullable String ucan();
}
