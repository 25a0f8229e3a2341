package dev.betterbase.sync.record;

/**
 * What one step of a pull came to.
 *
 * @param next where the following step goes on
 * @param rows how many rows were handed to the sink
 * @param complete true where nothing is left up to the cursor that was asked for; false where there
 *     may be more (the next step may then turn out to have no row)
 */
public record PullBatch(PullPosition next, int rows, boolean complete) {}
