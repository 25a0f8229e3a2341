package dev.betterbase.sync.record;

/**
 * The result of one step of a pull.
 *
 * @param next the place at which the next step starts
 * @param rows the number of rows that the sink received
 * @param complete true if nothing is left up to the requested cursor; false if there may be more
 *     (the next step may then return no row)
 */
public record PullBatch(PullPosition next, int rows, boolean complete) {}
