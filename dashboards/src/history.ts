// SPDX-License-Identifier: GPL-2.0-or-later
// One series over time: how far back, drawn as it is, told by the day in its table.
import { ApiError, points as askPoints } from './api';
import { axis, chart, legend, tooltip } from './chart';
import { Child, h, replace } from './dom';
import { day, number, rate, share, time } from './format';
import { empty } from './parts';
import { say, state, thisYear, Word } from './state';
import { Theme } from './theme';
import type { Points, Series } from './types';

const SPANS: { word: Word; seconds: number; step: number }[] = [
  { word: 'span1d', seconds: 86400, step: 300 },
  { word: 'span7d', seconds: 7 * 86400, step: 300 },
  { word: 'span30d', seconds: 30 * 86400, step: 300 },
  { word: 'span1y', seconds: 365 * 86400, step: 300 },
];
const ROWS_MAX = 62;

const SOURCE: Record<string, Word> = {
  lines_seen: 'linesSeen', down_bit_s: 'down', up_bit_s: 'up', provisioned: 'provisioned', active: 'active',
  wtp_run: 'wtpRun', wtp_configured: 'wtpConfigured', stations: 'stations', in_bit_s: 'in', out_bit_s: 'out',
  packets_s: 'packetsPerSecond', dropped_s: 'droppedPerSecond', coverage: 'captureCoverage',
};
export const sourceName = (name: string): string => (SOURCE[name] ? say(SOURCE[name]!) : name);

export function amount(unit: string, value: number | null): string {
  if (unit === 'bit/s') return rate(value);
  if (unit === '') return share(value);
  return number(value, value !== null && value < 10 && !Number.isInteger(value) ? 1 : 0);
}

/** The same for an axis: no more decimals than it takes. */
function tick(unit: string, value: number): string {
  return value === 0 ? '0' : amount(unit, value).replace(/\.0+(?=\D|$)/, '');
}

interface Shown { series: Series; points: Points; sources: number[]; capacity?: number }

const CITY_OFFSET_S = 8 * 3600; // axes show the city's clock, wherever the reader is

function times(points: Points): Float64Array {
  return Float64Array.from(points.values[0] ?? [], (_, i) => (points.from + (i + 1) * points.step_s + CITY_OFFSET_S) * 1000);
}

function option(shown: Shown, colours: Theme): Record<string, unknown> {
  const { series, points, sources } = shown;
  const at = times(points);
  const unit = series.sources[sources[0]!]!.unit;
  return {
    useUTC: true, legend: legend(colours), grid: { left: 8, right: 16, top: 36, bottom: 8, containLabel: true },
    dataZoom: [{ type: 'inside', zoomOnMouseWheel: 'ctrl', moveOnMouseWheel: false }],
    xAxis: axis(colours, { type: 'time', splitLine: { show: false }, axisLabel: { color: colours.soft, hideOverlap: true, formatter: { year: '{yyyy}', month: '{yyyy}-{MM}', day: '{MM}-{dd}', hour: '{HH}:{mm}', minute: '{HH}:{mm}' } } }),
    yAxis: axis(colours, { type: 'value', min: 0, axisLabel: { color: colours.soft, formatter: (v: number) => tick(unit, v) } }),
    tooltip: tooltip((hit) => {
      const hits = hit as { seriesName: string; value: [number, number | null] }[];
      return [[time(hits[0]!.value[0] / 1000 - CITY_OFFSET_S), ''], ...hits.map((p): [string, string] => [p.seriesName, amount(unit, p.value[1] === null || Number.isNaN(p.value[1]) ? null : p.value[1])])];
    }),
    series: sources.map((k, i) => {
      const data = new Float64Array(at.length * 2);
      points.values[k]!.forEach((v, n) => { data[2 * n] = at[n]!; data[2 * n + 1] = v ?? NaN; });
      return {
        name: sourceName(series.sources[k]!.name), type: 'line', symbol: 'none', sampling: 'minmax', connectNulls: false,
        dimensions: ['time', 'value'], data, lineStyle: { width: 1.4, type: i ? 'dashed' : 'solid', color: colours.series[i] }, itemStyle: { color: colours.series[i] },
        ...(i === 0 && shown.capacity ? { markLine: { symbol: 'none', silent: true, label: { formatter: say('capacity'), color: colours.soft, position: 'insideEndTop' }, lineStyle: { color: colours.soft, type: 'dotted' }, data: [{ yAxis: shown.capacity }] } } : {}),
      };
    }),
  };
}

/** Least, mean, 95th percentile and most of the values that are known; null for none. */
export function describe(values: (number | null)[]): { least: number; mean: number; p95: number; most: number; known: number } | null {
  const known = values.filter((v): v is number => v !== null).sort((a, b) => a - b);
  if (known.length === 0) return null;
  return {
    least: known[0]!, most: known[known.length - 1]!, mean: known.reduce((a, b) => a + b, 0) / known.length,
    p95: known[Math.ceil(0.95 * known.length) - 1]!, known: known.length / values.length,
  };
}

/** The table: a row a day, or a week or more, so that there are never too many. */
function rows(shown: Shown): Child[][] {
  const { points, series, sources } = shown;
  const perDay = Math.max(1, Math.round(86400 / points.step_s));
  const count = points.values[0]?.length ?? 0;
  const width = perDay * Math.max(1, Math.ceil(count / perDay / ROWS_MAX));
  const all: Child[][] = [];
  for (let from = 0; from < count; from += width) {
    const start = new Date((points.from + from * points.step_s + 8 * 3600) * 1000).toISOString();
    const cells = sources.flatMap((k) => {
      const of = describe(points.values[k]!.slice(from, from + width));
      const unit = series.sources[k]!.unit;
      return [amount(unit, of?.mean ?? null), amount(unit, of?.p95 ?? null), amount(unit, of?.most ?? null)];
    });
    const known = describe(points.values[sources[0]!]!.slice(from, from + width));
    all.push([day(start), ...cells, share(known?.known ?? 0, 0)]);
  }
  return all;
}

function picture(shown: Shown, title: string, drawn?: (ms: number) => void): HTMLElement {
  const { series, points, sources } = shown;
  const first = sources[0]!;
  const of = describe(points.values[first]!);
  const names = sources.map((k) => sourceName(series.sources[k]!.name));
  return chart({
    title, file: `series-${series.series}`, height: 300, drawn,
    summary: of ? `${names[0]}: ${say('mean')} ${amount(series.sources[first]!.unit, of.mean)}, ${say('p95')} ${amount(series.sources[first]!.unit, of.p95)}` : say('noPoints'),
    option: (colours) => option(shown, colours),
    columns: [say('from'), ...names.flatMap((n) => [say('mean'), say('p95'), say('most')].map((w) => ({ label: `${n}: ${w}`, number: true }))), { label: say('known'), number: true }],
    rows: rows(shown),
  });
}

/** Sources that share a unit share a chart. */
function groups(series: Series): number[][] {
  const units = [...new Set(series.sources.map((s) => s.unit))];
  return units.map((unit) => series.sources.flatMap((s, i) => (s.unit === unit ? [i] : [])));
}

/** The collector's own picture of the same span, by rrdtool: for a letter, a ticket, a page that shows
 * images. Whoever sees the series may have it. */
function drawnLinks(series: Series, title: string, span: { word: Word; seconds: number }, to: number): Child[] {
  const query = `from=${to - span.seconds}&to=${to}&lang=${state.lang}`;
  const one = (format: 'png' | 'svg') => h('a', {
    href: `/api/v1/series/${series.series}/graph?${query}&format=${format}`, 'aria-label': say('drawnPicture', format.toUpperCase(), title, say(span.word)),
  }, format.toUpperCase());
  return [say('drawnByCollector'), ' ', one('png'), ' ', one('svg')];
}

/** A series with buttons for how far back. */
export function history(series: Series, title: string, capacity?: number): HTMLElement {
  const place = h('div', { class: 'history-charts' });
  const drawn = h('p', { class: 'note drawn' });
  const buttons = SPANS.map((span, i) => h('button', { type: 'button', class: 'small', click: () => void show(i) }, say(span.word)));
  async function show(i: number): Promise<void> {
    const span = SPANS[i]!;
    buttons.forEach((b, k) => b.setAttribute('aria-pressed', String(k === i)));
    const yearEnd = Date.UTC(state.year, 11, 31, 16) / 1000; // 24:00 in the city
    const to = Math.floor(Math.min(Date.now() / 1000, yearEnd) / 300) * 300;
    replace(drawn, drawnLinks(series, title, span, to));
    try {
      const points = await askPoints(series.series, to - span.seconds, to, span.step);
      const note = (ms: number) => { place.dataset.drawnMs = ms.toFixed(1); place.dataset.points = String(points.values[0]?.length ?? 0); };
      if (!points.values.some((of) => of.some((v) => v !== null))) { replace(place, empty('noPointsInSpan')); return; }
      replace(place, groups(series).map((sources, k) => picture({ series, points, sources, capacity: k === 0 ? capacity : undefined }, title, note)));
    } catch (error) {
      replace(place, h('p', { class: 'empty' }, error instanceof ApiError && error.status === 404 ? say('noPoints') : say('unreachable')));
    }
  }
  void show(state.year === thisYear() ? 0 : SPANS.length - 1);
  return h('div', { class: 'history' }, h('div', { class: 'choose', role: 'group', 'aria-label': say('span') }, buttons), place, drawn);
}
