package dev.betterbase.sync.bench;

import java.util.List;
import java.util.Locale;

/**
 * Latencies as an SVG: to the right the percentiles, each nine as wide as the one before it, and
 * upwards milliseconds in powers of ten. Drawn by hand, since no chart library has such an axis.
 */
final class PercentilePlot {
  private static final int LEFT = 60;
  private static final int RIGHT = 700;
  private static final int TOP = 20;
  private static final int BOTTOM = 420;
  private static final int WIDTH = 1_080;

  /** Nines: the median is 0.3, the 99.99th percentile 4. */
  private static final double FIRST_NINES = Math.log10(2);

  private static final double LAST_NINES = 4;
  private static final double LEAST_MILLIS = 0.1;
  private static final double MOST_MILLIS = 1_000;
  private static final int STEPS = 120;
  private static final double[] MARKED = {0.5, 0.9, 0.99, 0.999, 0.9999};
  private static final int GOLDEN_ANGLE = 137;

  private final StringBuilder svg = new StringBuilder();

  private PercentilePlot() {}

  static String of(List<Row> rows) {
    PercentilePlot plot = new PercentilePlot();
    plot.line(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' font-family='sans-serif'"
            + " font-size='12'>",
        WIDTH, Math.max(BOTTOM + 40, 40 + 18 * rows.size()));
    plot.line("<rect width='100%%' height='100%%' fill='white'/>");
    plot.axes();
    int number = 0;
    for (Row row : rows) {
      if (row.latencies().filter(latencies -> latencies.count() > 0).isPresent()) {
        plot.curve(row, number++);
      }
    }
    plot.line("</svg>");
    return plot.svg.toString();
  }

  private void axes() {
    for (double quantile : MARKED) {
      double x = x(-Math.log10(1 - quantile));
      line("<path d='M%.1f %d V%d' stroke='#ddd'/>", x, TOP, BOTTOM);
      String name = String.format(Locale.ROOT, "%.5g", 100 * quantile).replaceAll("\\.?0+$", "");
      line("<text x='%.1f' y='%d' text-anchor='middle'>%s %%</text>", x, BOTTOM + 18, name);
    }
    for (double millis = LEAST_MILLIS; millis < 1.01 * MOST_MILLIS; millis *= 10) {
      double y = y(millis);
      line("<path d='M%d %.1f H%d' stroke='#ddd'/>", LEFT, y, RIGHT);
      line("<text x='%d' y='%.1f' text-anchor='end'>%.4s ms</text>", LEFT - 6, y + 4, millis);
    }
  }

  private void curve(Row row, int number) {
    Latencies latencies = row.latencies().orElseThrow();
    // Fewer than ten durations prove nothing.
    double last = Math.min(LAST_NINES, Math.log10(latencies.count() / 10.0));
    StringBuilder points = new StringBuilder();
    for (int step = 0; step <= STEPS; step++) {
      double nines = FIRST_NINES + step * (LAST_NINES - FIRST_NINES) / STEPS;
      if (nines > last && step > 0) {
        break;
      }
      double millis = latencies.quantile(1 - Math.pow(10, -nines));
      points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(nines), y(millis)));
    }
    String colour = "hsl(" + number * GOLDEN_ANGLE % 360 + ",70%,42%)";
    line("<polyline points='%s' fill='none' stroke='%s' stroke-width='1.5'/>", points, colour);
    int y = TOP + 18 * number;
    line("<path d='M%d %d h16' stroke='%s' stroke-width='3'/>", RIGHT + 20, y, colour);
    line("<text x='%d' y='%d'>%s</text>", RIGHT + 42, y + 4, row.id());
  }

  private static double x(double nines) {
    return LEFT + (nines - FIRST_NINES) / (LAST_NINES - FIRST_NINES) * (RIGHT - LEFT);
  }

  private static double y(double millis) {
    double share =
        Math.log10(Math.max(LEAST_MILLIS, millis) / LEAST_MILLIS)
            / Math.log10(MOST_MILLIS / LEAST_MILLIS);
    return BOTTOM - share * (BOTTOM - TOP);
  }

  private void line(String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}
