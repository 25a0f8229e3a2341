package dev.betterbase.sync.space;

/** What a method needs to be allowed in a space (auth.md, Authorisation on a space). */
public enum Permission {
  READ,
  WRITE,
  ADMIN
}
