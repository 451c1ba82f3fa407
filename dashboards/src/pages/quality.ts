// SPDX-License-Identifier: GPL-2.0-or-later
// How the network feels: round-trip times and retransmission by area and class of destinations, and
// the indicators that stand on them.
import { areas as askAreas, everyFigure, operators as askOperators, quality as askQuality } from '../api';
import { axis, chart, legend, tooltip } from '../chart';
import { Child, h, visible } from '../dom';
import { day, number, share } from '../format';
import { areaLabel, distinct, empty, gradeText, interval, label, Names, section, valueOf } from '../parts';
import { link, pick, say } from '../state';
import { table } from '../table';
import type { Theme } from '../theme';
import type { Figure, Quality, Rtt } from '../types';

const INDICATORS = /latency|availability|offload|cross-border|achieved/;

const milliseconds = (value: number | null): string => (value === null ? '–' : say('milliseconds', number(value, value < 10 ? 1 : 0)));
const title = (of: Quality): string => (of.class === null ? say('everyDestination') : say('destinations', visible(of.class)));
const some = (count: number | null): boolean => (count ?? 0) > 0;
const isHeard = (of: Quality): boolean => of.withheld || some(of.tcp_segments) || some(of.external_rtt.handshakes) || some(of.internal_rtt.handshakes);
const areaCell = (of: Quality, names: Names): Child[] => [h('a', { href: link('places', of.area) }, names.area(of.area)),
  of.withheld && h('span', { class: 'missing' }, ' ', pick(of.reason_zh, of.reason_en))];

/** A dumbbell an area and side: from the median to the 95th percentile. */
function option(of: Quality[], names: Names, colours: Theme): Record<string, unknown> {
  const sides: [string, (q: Quality) => Rtt][] = [[say('externalRtt'), (q) => q.external_rtt], [say('internalRtt'), (q) => q.internal_rtt]];
  const label = (name: string, part: string) => `${name}, ${part}`;
  return {
    legend: legend(colours, sides.map(([name]) => label(name, say('median'))).concat(sides.map(([name]) => label(name, say('p95'))))),
    grid: { left: 8, right: 28, top: 64, bottom: 8, containLabel: true },
    xAxis: axis(colours, { type: 'value', min: 0, axisLabel: { color: colours.soft, hideOverlap: true, formatter: (v: number) => say('milliseconds', number(v)) } }),
    yAxis: axis(colours, { type: 'category', inverse: true, data: of.map((q) => names.area(q.area)), axisLabel: { color: colours.soft, width: 120, overflow: 'break' } }),
    tooltip: tooltip((hit) => (hit as { seriesName: string; value: (number | null)[] }[]).map((p) => [p.seriesName, milliseconds(p.value[0] ?? null)]), { trigger: 'axis', axisPointer: { type: 'shadow', axis: 'y' } }),
    series: sides.flatMap(([name, side], k) => (['p50_ms', 'p95_ms'] as const).map((key) => ({
      name: label(name, say(key === 'p50_ms' ? 'median' : 'p95')), type: 'scatter', symbolSize: 12, symbol: k ? 'diamond' : 'circle',
      itemStyle: key === 'p50_ms' ? { color: colours.series[k] } : { color: colours.ground, borderColor: colours.series[k], borderWidth: 2, opacity: 1 },
      data: of.map((q, i) => [side(q)[key], i]),
    }))),
  };
}

function ofClass(of: Quality[], names: Names): HTMLElement {
  const first = of[0]!;
  const heard = of.filter(isHeard);
  if (heard.length === 0) return section(`quality-${first.class ?? ''}`, title(first), empty('noQuality'));
  const rtts = (r: Rtt) => [milliseconds(r.p50_ms), milliseconds(r.p95_ms), number(r.handshakes)];
  const heads = (word: 'externalRtt' | 'internalRtt') => (['median', 'p95', 'handshakes'] as const).map((w) => ({ label: `${say(word)}: ${say(w)}`, number: true }));
  return section(`quality-${first.class ?? ''}`, title(first), chart({
    title: title(first), file: `quality-${first.class ?? 'all'}`, height: 90 + 40 * of.length,
    summary: `${names.area(heard[0]!.area)}: ${milliseconds(heard[0]!.external_rtt.p50_ms)}`,
    option: (colours) => option(of, names, colours),
    columns: [say('area'), ...heads('externalRtt'), ...heads('internalRtt'), { label: say('retransmitted'), number: true }, { label: say('tcpSegments'), number: true }, { label: say('daysHeard'), number: true }],
    rows: of.map((q) => [areaCell(q, names), ...rtts(q.external_rtt), ...rtts(q.internal_rtt), share(q.retransmitted_share, 2), number(q.tcp_segments), number(q.days)]),
  }));
}

function ofIndicator(of: Figure[]): HTMLElement {
  const first = of[0]!;
  return section(first.indicator, label(first), table(label(first),
    [say('area'), { label: say('actual'), number: true }, { label: say('interval'), number: true }, say('grade'), { label: say('coverage'), number: true }],
    of.map((f) => [h('a', { href: link('places', f.area) }, areaLabel(f)), valueOf(f), interval(f), gradeText(f), share(f.coverage)])));
}

export async function quality(): Promise<Child[]> {
  const [found, figures, areas, operators] = await Promise.all([askQuality(), everyFigure(), askAreas(), askOperators()]);
  const names = new Names(areas, operators);
  const classes = [...new Set(found.quality.map((q) => q.class))];
  const known = figures.figures.filter((f) => f.operator === null && !f.alternative && INDICATORS.test(f.indicator) && f.value !== null);
  return [
    h('p', { class: 'note' }, say('qualityNote'), ' ', say('qualityMonth', day(found.last_day))),
    classes.map((name) => ofClass(found.quality.filter((q) => q.class === name), names)),
    distinct(known).map((f) => ofIndicator(known.filter((g) => g.indicator === f.indicator))),
  ];
}
