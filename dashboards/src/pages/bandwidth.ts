// SPDX-License-Identifier: GPL-2.0-or-later
// Egress, core, cloud centre: how wide, how full, how long.
import { areas as askAreas, figures, nodes as askNodes, operators as askOperators, points as askPoints, series as askSeries } from '../api';
import { Child, h, name, replace, visible } from '../dom';
import { number, rate, share } from '../format';
import { history } from '../history';
import { empty, label, Names, section, valueOf } from '../parts';
import { link, say, state, Word } from '../state';
import { table } from '../table';
import type { Interface, Points, Series } from '../types';

const ROLES: [string, Word][] = [['egress', 'roleEgress'], ['core-node', 'roleCore'], ['cloud-centre', 'roleCloud']];
const THRESHOLDS = [0.7, 0.8, 0.95];
const MONTH_S = 30 * 86400;
const ASKED_MAX = 24; // interfaces whose hours are counted by themselves

const capacity = (i: Interface): number | null => (i.capacity_mbit_s === null ? null : i.capacity_mbit_s * 1e6);
const busier = (i: Interface): number | null =>
  i.p95_in_bit_s === null && i.p95_out_bit_s === null ? null : Math.max(i.p95_in_bit_s ?? 0, i.p95_out_bit_s ?? 0);

/** Hours whose mean, in or out, lies above each share of the capacity. Unknown hours count as none. */
export function hoursAbove(points: Points, bits: number): number[] {
  const perPoint = points.step_s / 3600;
  return THRESHOLDS.map((t) => (points.values[0] ?? []).reduce<number>((hours, _, i) =>
    hours + (Math.max(...points.values.map((v) => v[i] ?? 0)) > t * bits ? perPoint : 0), 0));
}

function seriesOf(all: Series[], i: Interface): Series | undefined {
  return all.find((s) => s.operator === i.operator && s.node === i.node && s.interface === i.interface);
}

function hourCells(series: Series | undefined, i: Interface, asked: boolean): Child[] {
  const cells = THRESHOLDS.map(() => h('span', null, '–'));
  const bits = capacity(i);
  const to = Math.floor(Date.now() / 3600000) * 3600;
  if (series && bits && asked)
    askPoints(series.series, to - MONTH_S, to, 3600).then(
      (points) => hoursAbove(points, bits).forEach((hours, k) => replace(cells[k]!, number(hours, hours % 1 ? 1 : 0))),
      () => undefined); // there is no point yet: the dash stays
  return cells;
}

function roleTable(interfaces: Interface[], series: Series[], names: Names, role: string): HTMLElement {
  const title = say(ROLES.find(([r]) => r === role)![1]);
  const of = interfaces.filter((i) => i.role === role);
  return table(title, [say('interface'), say('operator'), { label: say('capacity'), number: true }, { label: say('p95In'), number: true }, { label: say('p95Out'), number: true },
    { label: say('utilisation'), number: true }, ...THRESHOLDS.map((t) => ({ label: say('hoursAbove', share(t, 0)), number: true })), say('state')],
  of.map((i, k) => {
    const bits = capacity(i), most = busier(i);
    return [h('a', { href: link('bandwidth', i.operator, i.node, i.interface) }, name(`${i.node} ${i.interface}`)), names.operator(i.operator), rate(bits), rate(i.p95_in_bit_s), rate(i.p95_out_bit_s),
      bits && most !== null ? share(most / bits) : '–', ...hourCells(seriesOf(series, i), i, k < ASKED_MAX), i.up ? say('linkUp') : say('linkDown')];
  }));
}

function roleSection(interfaces: Interface[], series: Series[], names: Names, [role, word]: [string, Word]): HTMLElement {
  const of = interfaces.filter((i) => i.role === role);
  if (of.length === 0) return section(role, say(word), empty('noInterfaces'));
  const total = of.reduce<number | null>((sum, i) => (capacity(i) === null ? sum : (sum ?? 0) + capacity(i)!), null);
  return section(role, say(word), h('p', null, say('totalCapacity'), ' ', h('strong', null, rate(total))), roleTable(interfaces, series, names, role));
}

export async function bandwidth(): Promise<Child[]> {
  const [of, series, areas, operators, city] = await Promise.all([askNodes(), askSeries('interface'), askAreas(), askOperators(), figures()]);
  const names = new Names(areas, operators);
  const [operator, node, port] = state.parts;
  const chosen = of.interfaces.find((i) => i.operator === operator && i.node === node && i.interface === port) ?? of.interfaces[0];
  const shown = chosen && seriesOf(series, chosen);
  const own = city.figures.filter((f) => f.operator === null && /bandwidth|带宽/.test(f.indicator));
  return [
    own.length > 0 && section('figures', say('indicator'), table(say('indicator'), [say('indicator'), { label: say('actual'), number: true }],
      own.map((f) => [h('a', { href: link('trends', f.indicator) }, label(f)), valueOf(f)]))),
    chosen && section('history', say('history'), shown
      ? history(shown, `${visible(chosen.node)} ${visible(chosen.interface)} · ${names.operator(chosen.operator)}`, capacity(chosen) ?? undefined) : empty('noSeries')),
    h('p', { class: 'note' }, say('bandwidthNote')),
    ROLES.map((role) => roleSection(of.interfaces, series, names, role)),
  ];
}
