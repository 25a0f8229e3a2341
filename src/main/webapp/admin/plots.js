// The figures of the last hour or day, drawn by uPlot.

import { byId, make } from './shared/dom.js';
import { get } from './api.js';
import { byteRate, bytes, count, latency, percent, rate } from './format.js';

/** @typedef {{title: string, series: [string, string][], text: (value: number | null) => string, top?: number}} Plot */

/** @type {Plot[]} */
const PLOTS = [
  { title: 'Connections', series: [['connections', 'connections'], ['subscriptions', 'subscriptions']], text: count },
  { title: 'Requests', series: [['pushes', 'pushes'], ['pulls', 'pulls']], text: rate },
  { title: '99 % answered within', series: [['push_p99', 'pushes'], ['pull_p99', 'pulls']], text: latency },
  { title: 'Traffic', series: [['sent', 'sent'], ['received', 'received']], text: byteRate },
  { title: 'Memory', series: [['heap', 'heap'], ['queued', 'waiting to be sent']], text: bytes },
  { title: 'Processor', series: [['cpu', 'all processors']], text: percent, top: 1 },
  { title: 'Database pool', series: [['pool', 'connections in use']], text: count },
  { title: 'Trouble', series: [['errors', 'failed requests'], ['slow', 'slow readers']], text: rate },
];
/** Distances of grid lines where there is nothing between 0 and 1. */
const WHOLE = [1, 2, 5].flatMap((digit) => [1, 10, 100, 1e3, 1e4, 1e5, 1e6].map((power) => digit * power)).sort((a, b) => a - b);
const SPANS = { hour: 3600, day: 86400 };
/** Seconds. */
const SHORTEST = 180;

/** @type {'hour' | 'day'} */
let span = 'hour';
/** @type {any} */
let data = { at: [] };
/** @type {{plot: Plot, chart: any, box: any, values: any[]}[]} */
let shown = [];
let colours = ['', ''];

const watch = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) {
    const one = shown.find(({ box }) => box === target);
    if (one !== undefined && contentRect.width > 0 && contentRect.width !== one.chart.width) {
      one.chart.setSize({ width: contentRect.width, height: contentRect.height });
    }
  }
});

/** @param {string} name */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Draws everything anew: at first, and when the colours have changed. */
function build() {
  for (const { chart, box } of shown) {
    watch.unobserve(box);
    chart.destroy();
  }
  colours = [colour('--accent'), colour('--warn')];
  shown = PLOTS.map((plot) => {
    const values = plot.series.map(() => make('b', {}, '–'));
    const box = make('div', { class: 'plot', role: 'img' });
    const legend = make('ul', { class: 'legend' }, ...plot.series.map(([, label], i) => make('li', {}, `${label} `, values[i])));
    return { plot, values, box, figure: make('figure', {}, make('figcaption', {}, make('h3', {}, plot.title), legend), box), chart: null };
  });
  byId('plots').replaceChildren(...shown.map((/** @type {any} */ one) => one.figure));
  for (const one of shown) {
    one.chart = draw(one.plot, one.box, (index) => say(one, index));
    watch.observe(one.box);
  }
}

/** @param {Plot} plot @param {any} box @param {(index: number | null) => void} pointed */
function draw(plot, box, pointed) {
  const axis = { stroke: colour('--soft'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false }, font: '12px system-ui, sans-serif' };
  return new (/** @type {any} */ (window).uPlot)({
    width: box.clientWidth || 300,
    height: box.clientHeight || 160,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 6 } },
    scales: {
      x: { time: true, range: () => [begin(), Date.now() / 1000] },
      y: { range: (/** @type {any} */ _, /** @type {number} */ low, /** @type {number} */ high) => [0, Math.max((high ?? 0) * 1.15, plot.top ?? 0) || 1] },
    },
    axes: [
      { ...axis, size: 30, space: 48, values: '{HH}:{mm}' },
      { ...axis, size: 58, space: 36, incrs: plot.text === count ? WHOLE : undefined, values: (/** @type {any} */ _, /** @type {number[]} */ ticks) => ticks.map(plot.text) },
    ],
    series: [{}, ...plot.series.map((_, i) => ({
      stroke: colours[i], width: 1.75, dash: i === 0 ? undefined : [6, 4], points: { show: false }, spanGaps: false,
      fill: i === 0 ? `color-mix(in srgb, ${colours[0]} 12%, transparent)` : undefined,
    }))],
    hooks: { setCursor: [(/** @type {any} */ chart) => pointed(chart.cursor.idx ?? null)] },
  }, table(plot), box);
}

/** Where the time axis begins: with the first figures, if the server is young. */
function begin() {
  const now = Date.now() / 1000;
  const first = data.at.length === 0 ? now : data.at[0] / 1000;
  return Math.max(now - SPANS[span], Math.min(first, now - SHORTEST));
}

/** @param {Plot} plot */
const table = (plot) => [data.at.map((/** @type {number} */ at) => at / 1000), ...plot.series.map(([name]) => data[name] ?? [])];

/** Says the values at a moment, or the last ones. @param {any} one @param {number | null} index */
function say({ plot, values }, index) {
  plot.series.forEach((/** @type {[string, string]} */ [name], /** @type {number} */ i) => {
    const at = index ?? data.at.length - 1;
    values[i].textContent = plot.text(data[name]?.[at] ?? null);
  });
}

function refresh() {
  byId('early').hidden = data.at.length > 1;
  for (const one of shown) {
    one.chart.setData(table(one.plot));
    say(one, null);
    const said = one.plot.series.map(([name, label]) => {
      const highest = Math.max(...(data[name] ?? []).filter((/** @type {any} */ value) => value !== null), 0);
      return `${label}: last ${one.plot.text(data[name]?.at(-1) ?? null)}, highest ${one.plot.text(highest)}`;
    });
    one.box.setAttribute('aria-label', `${one.plot.title} of the last ${span}. ${said.join('; ')}.`);
  }
}

/** Gets what is new, and draws it. */
export async function update() {
  const asked = span;
  const last = data.at.at(-1) ?? 0;
  const more = await get(`history?span=${asked}&after=${last}`);
  if (asked !== span) {
    return;
  }
  const oldest = Date.now() - SPANS[span] * 1000;
  const joined = [...data.at, ...more.at];
  const gone = joined.findIndex((at) => at >= oldest);
  const from = gone < 0 ? joined.length : gone;
  const next = /** @type {any} */ ({});
  for (const [name, values] of Object.entries(more)) {
    next[name] = [...(data[name] ?? []), .../** @type {any[]} */ (values)].slice(from);
  }
  data = next;
  refresh();
}

/** @param {(work: () => Promise<void>) => void} run does what talks to the server */
export function start(run) {
  build();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    build();
    refresh();
  });
  for (const choice of document.querySelectorAll('input[name=span]')) {
    choice.addEventListener('change', () => {
      span = /** @type {any} */ (choice).value;
      forget();
      run(update);
    });
  }
}

/** Forgets what was drawn: the server may have been started again. */
export function forget() {
  data = { at: [] };
  refresh();
}

