package dev.betterbase.sync.settings;

import java.util.OptionalInt;

/**
 * The bounds on the connections that the uber-jar accepts.
 *
 * @param most at a time; if empty, as many as open files and the heap allow
 * @param perAddress at a time from one address; if empty, there is no such limit
 */
public record ConnectionSettings(OptionalInt most, OptionalInt perAddress) {

  static ConnectionSettings read(SettingsReader reader) {
    return new ConnectionSettings(
        reader.wholeIfSet(Setting.MAX_CONNECTIONS, 10, Integer.MAX_VALUE),
        reader.wholeIfSet(Setting.MAX_CONNECTIONS_PER_ADDRESS, 1, Integer.MAX_VALUE));
  }
}
