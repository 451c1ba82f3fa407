// SPDX-License-Identifier: GPL-2.0-or-later
// Access points: registered, configured, running, counted; and when they are busy.
import { areas as askAreas, figures, nodes as askNodes, operators as askOperators, points as askPoints, series as askSeries } from '../api';
import { axis, chart, tooltip } from '../chart';
import { Child, h, name, replace, visible } from '../dom';
import { number } from '../format';
import { history } from '../history';
import { empty, interval, label, Names, section, valueOf } from '../parts';
import { link, say, state } from '../state';
import { table } from '../table';
import { Theme } from '../theme';
import type { Controller, Points, Series } from '../types';

const HOURS = Array.from({ length: 24 }, (_, i) => i);
const WEEK_S = 7 * 86400;

/** The mean of a source by hour of the city's day; null for an hour without a value. */
export function byHour(points: Points, source: number): (number | null)[] {
  const sums = HOURS.map(() => [0, 0] as [number, number]);
  (points.values[source] ?? []).forEach((v, i) => {
    if (v === null) return;
    const hour = Math.floor((points.from + i * points.step_s + 8 * 3600) / 3600) % 24;
    sums[hour]![0] += v;
    sums[hour]![1]++;
  });
  return sums.map(([sum, count]) => (count ? sum / count : null));
}

function busyOption(means: (number | null)[], busiest: number, colours: Theme): Record<string, unknown> {
  return {
    grid: { left: 8, right: 8, top: 16, bottom: 8, containLabel: true },
    xAxis: axis(colours, { type: 'category', data: HOURS.map((n) => say('hour', n)), axisLabel: { color: colours.soft, interval: 'auto', hideOverlap: true }, splitLine: { show: false } }),
    yAxis: axis(colours, { type: 'value', axisLabel: { color: colours.soft, formatter: (v: number) => number(v) } }),
    tooltip: tooltip((hit) => (hit as { name: string; value: number }[]).map((p) => [p.name, number(p.value)])),
    series: [{ type: 'bar', name: say('stations'), data: means.map((v, i) => ({ value: v, itemStyle: { color: colours.series[i === busiest ? 1 : 0] } })) }],
  };
}

function busyHour(series: Series): HTMLElement {
  const place = h('div', null);
  const source = series.sources.findIndex((s) => s.name === 'stations');
  const to = Math.floor(Date.now() / 3600000) * 3600;
  askPoints(series.series, to - WEEK_S, to, 3600).then((points) => {
    const means = byHour(points, source);
    const busiest = means.reduce<number>((best, v, i) => ((v ?? -1) > (means[best] ?? -1) ? i : best), 0);
    if (means[busiest] === null) return replace(place, empty('noPoints'));
    return replace(place, chart({
      title: say('busyHour'), file: `busy-${series.series}`, height: 240, note: say('busyHourNote', say('hour', busiest)),
      summary: `${say('hour', busiest)}: ${number(means[busiest]!)}`, option: (colours) => busyOption(means, busiest, colours),
      columns: [say('hourOfDay'), { label: say('stations'), number: true }], rows: HOURS.map((n) => [say('hour', n), number(means[n]!)]),
    }));
  }, () => replace(place, empty('noPoints')));
  return place;
}

const total = (of: Controller[], pick: (c: Controller) => number | null): number | null => {
  const known = of.map(pick).filter((v): v is number => v !== null);
  return known.length ? known.reduce((a, b) => a + b, 0) : null;
};

const heads = () => [{ label: say('registered'), number: true }, { label: say('wtpConfigured'), number: true }, { label: say('wtpRun'), number: true }, { label: say('wtpPresent'), number: true }];
const cells = (of: Controller[]): Child[] => [number(total(of, (c) => c.registered_wtps)), number(total(of, (c) => c.configured)), number(total(of, (c) => c.run)),
  number(total(of, (c) => (c.reported ? c.present : null)))];

export async function wlan(): Promise<Child[]> {
  const [of, series, areas, operators, city] = await Promise.all([askNodes(), askSeries('wlan'), askAreas(), askOperators(), figures()]);
  const names = new Names(areas, operators);
  const own = city.figures.filter((f) => f.operator === null && /wlan|free-basic/.test(f.indicator));
  const first = own.filter((f, i) => own.findIndex((g) => g.indicator === f.indicator) === i);
  const keys = areas.filter((a) => a.reporting).map((a) => a.key);
  const chosen = series.find((s) => s.operator === state.parts[0] && s.node === state.parts[1]) ?? series[0];
  return [
    section('figures', say('indicator'), table(say('indicator'), [say('indicator'), { label: say('actual'), number: true }, { label: say('interval'), number: true }],
      first.map((f) => [h('a', { href: link('trends', f.indicator) }, label(f)), valueOf(f), interval(f)]))),
    section('byarea', say('byArea'), h('p', { class: 'note' }, say('wlanNote')), of.controllers.length === 0 ? empty('noControllers')
      : table(say('byArea'), [say('area'), ...heads()], keys.map((key) => [h('a', { href: link('places', key) }, names.area(key)), ...cells(of.controllers.filter((c) => c.area === key))]))),
    section('controllers', say('controllers'), table(say('controllers'), [say('controller'), say('operator'), say('area'), ...heads()],
      of.controllers.map((c) => [h('a', { href: link('wlan', c.operator, c.node) }, name(c.node)), names.operator(c.operator), names.area(c.area), ...cells([c])]))),
    section('history', say('history'), chosen ? [history(chosen, `${visible(chosen.node ?? '')} · ${names.operator(chosen.operator)}`), busyHour(chosen)] : empty('noSeries')),
  ];
}
