// SPDX-License-Identifier: GPL-2.0-or-later
// From the city to the one device that explains it: area > operator > OLT, controller or probe.
import { areas as askAreas, completeness, everyFigure, nodes as askNodes, operators as askOperators, probes as askProbes, series as askSeries } from '../api';
import { Child, h, name, visible } from '../dom';
import { ago, DASH, day, number, share } from '../format';
import { history } from '../history';
import { empty, gradeText, interval, label, Names, section, valueOf } from '../parts';
import { link, say, state, Word } from '../state';
import { table } from '../table';
import { probeState } from './live';
import type { AccessNode, Controller, Figure, Nodes, Series } from '../types';

const TECHNOLOGY: Record<string, Word> = { unknown: 'unknown', ethernet: 'technologyEthernet' };
const technology = (key: string): string => (TECHNOLOGY[key] ? say(TECHNOLOGY[key]!) : key.toUpperCase());
const sum = (values: (number | null)[]): number | null =>
  values.some((v) => v !== null) ? values.reduce<number>((a, v) => a + (v ?? 0), 0) : null;

function crumbs(...steps: [string, string][]): HTMLElement {
  return h('nav', { class: 'crumbs', 'aria-label': say('path') }, h('ol', null,
    [[link('places'), say('city')] as [string, string], ...steps].map(([href, text], i, all) =>
      h('li', null, i === all.length - 1 ? h('span', { 'aria-current': 'page' }, text) : h('a', { href }, text)))));
}

interface Totals { nodes: number; silent: number; lines: number | null; wtps: number | null }
function totals(of: Nodes, area?: string, operator?: string): Totals {
  const here = (n: { area: string | null; operator: string }) => (!area || n.area === area) && (!operator || n.operator === operator);
  const access = of.nodes.filter(here), controllers = of.controllers.filter(here);
  return {
    nodes: access.length + controllers.length,
    silent: access.filter((n) => !n.reported).length + controllers.filter((n) => !n.reported).length,
    lines: sum(access.flatMap((n) => n.lines.map((l) => l.active ?? l.provisioned))),
    wtps: sum(controllers.map((c) => c.run)),
  };
}
const totalHeads = () => [{ label: say('nodes'), number: true }, { label: say('nodesSilent'), number: true }, { label: say('linesActive'), number: true }, { label: say('wtpRun'), number: true }];
const totalCells = (t: Totals): Child[] => [number(t.nodes), number(t.silent), number(t.lines), number(t.wtps)];

async function city(): Promise<Child[]> {
  const [of, areas, operators] = await Promise.all([askNodes(), askAreas(), askOperators()]);
  const reporting = areas.filter((a) => a.reporting);
  const rowOf = (href: string, text: string, t: Totals): Child[] => [h('a', { href }, text), ...totalCells(t)];
  return [
    crumbs(),
    section('areas', say('byArea'), table(say('byArea'), [say('area'), ...totalHeads()],
      reporting.map((a) => rowOf(link('places', a.key), a.label[state.lang], totals(of, a.key))))),
    section('operators', say('byOperator'), table(say('byOperator'), [say('operator'), ...totalHeads()],
      operators.map((o) => [o.label[state.lang], ...totalCells(totals(of, undefined, o.key))]))),
  ];
}

function figureTable(title: string, figures: Figure[]): HTMLElement {
  return table(title, [say('indicator'), { label: say('actual'), number: true }, { label: say('interval'), number: true }, say('grade'), { label: say('coverage'), number: true }],
    figures.map((f) => [label(f), valueOf(f), interval(f), gradeText(f), share(f.coverage)]));
}

const DEVICES_MAX = 12;
const idleLines = (n: AccessNode): number => {
  const sold = Math.max(sum(n.lines.map((l) => l.registered)) ?? 0, sum(n.lines.map((l) => l.provisioned)) ?? 0);
  return Math.max(0, sold - (sum(n.lines.map((l) => l.active)) ?? 0));
};

/** The devices of an area at once, so that the one that explains a figure is three clicks away. */
function devicesOfArea(of: Nodes, area: string, names: Names): HTMLElement | null {
  const access = of.nodes.filter((n) => n.area === area)
    .sort((a, b) => Number(a.reported) - Number(b.reported) || idleLines(b) - idleLines(a));
  const controllers = of.controllers.filter((n) => n.area === area && !n.reported);
  if (access.length + controllers.length === 0) return null;
  const heads = [say('node'), say('operator'), say('technology'), { label: say('registered'), number: true }, { label: say('active'), number: true },
    { label: say('idle'), number: true }, say('lastDay')];
  return section('devices', say('devicesOfArea'), h('p', { class: 'note' }, say('devicesOfAreaNote', access.length)),
    table(say('devicesOfArea'), heads, [
      ...controllers.map((c): Child[] => [nodeLink(c), names.operator(c.operator), say('controller'), number(c.registered_wtps), DASH, DASH, say('notReported')]),
      ...access.slice(0, DEVICES_MAX).map((n): Child[] => [nodeLink(n), names.operator(n.operator), n.lines.map((l) => technology(l.technology)).join(', ') || say('unknown'),
        number(sum(n.lines.map((l) => l.registered ?? l.provisioned))), number(sum(n.lines.map((l) => l.active))), n.reported ? number(idleLines(n)) : DASH,
        n.reported ? day(n.last_day) : say('notReported')])]));
}

async function areaPage(area: string): Promise<Child[]> {
  const [of, areas, operators, all] = await Promise.all([askNodes(), askAreas(), askOperators(), everyFigure()]);
  const names = new Names(areas, operators);
  const figures = all.figures.filter((f) => f.area === area && f.operator === null && !f.alternative);
  const shown = figures.filter((f) => f.value !== null || f.withheld);
  return [
    crumbs([link('places', area), names.area(area)]),
    section('operators', `${names.area(area)} · ${say('byOperator')}`, table(say('byOperator'), [say('operator'), ...totalHeads()],
      operators.map((o) => [h('a', { href: link('places', area, o.key) }, o.label[state.lang]), ...totalCells(totals(of, area, o.key))]))),
    devicesOfArea(of, area, names),
    section('figures', say('figuresOfArea'), h('p', { class: 'note' }, say('areasNote')),
      figureTable(say('figuresOfArea'), shown),
      shown.length < figures.length && h('p', { class: 'note' }, say('figuresWithout', figures.length - shown.length))),
  ];
}

function nodeLink(n: { area: string | null; operator: string; node: string }): HTMLElement {
  return h('a', { href: link('places', n.area ?? '-', n.operator, n.node) }, name(n.node));
}

function accessRow(n: AccessNode): Child[] {
  return [nodeLink(n), n.lines.map((l) => technology(l.technology)).join(', ') || say('unknown'),
    number(sum(n.lines.map((l) => l.registered))), number(sum(n.lines.map((l) => l.provisioned))), number(sum(n.lines.map((l) => l.active))),
    number(sum(n.lines.map((l) => l.seen))), n.reported ? day(n.last_day) : say('notReported')];
}
const accessHeads = () => [say('node'), say('technology'), { label: say('registered'), number: true }, { label: say('provisioned'), number: true },
  { label: say('active'), number: true }, { label: say('linesSeen'), number: true }, say('lastDay')];

function controllerRow(c: Controller): Child[] {
  return [nodeLink(c), number(c.registered_wtps), number(c.configured), number(c.run), number(c.reported ? c.present : null), c.reported ? say('reports') : say('notReported')];
}
export const controllerHeads = () => [say('controller'), { label: say('registered'), number: true }, { label: say('wtpConfigured'), number: true },
  { label: say('wtpRun'), number: true }, { label: say('wtpPresent'), number: true }, say('state')];

async function operatorPage(area: string, operator: string): Promise<Child[]> {
  const [of, areas, operators, probes, series] = await Promise.all([askNodes(), askAreas(), askOperators(), askProbes(), askSeries()]);
  const names = new Names(areas, operators);
  const here = (n: { area: string | null; operator: string }) => (n.area ?? '-') === area && n.operator === operator;
  const access = of.nodes.filter(here), controllers = of.controllers.filter(here);
  const seen = new Set([...access, ...controllers].map((n) => n.node));
  const writers = new Set(series.filter((s) => s.operator === operator && s.node !== null && seen.has(s.node)).map((s) => s.probe));
  const watching = probes.filter((p) => p.operator === operator && writers.has(p.probe));
  const title = `${names.area(area)} · ${names.operator(operator)}`;
  return [
    crumbs([link('places', area), names.area(area)], [link('places', area, operator), names.operator(operator)]),
    section('access', `${title} · ${say('accessNodes')}`, table(say('accessNodes'), accessHeads(), access.map(accessRow))),
    section('controllers', say('controllers'), table(say('controllers'), controllerHeads(), controllers.map(controllerRow))),
    section('probes', say('probes'), table(say('probes'), [say('probe'), say('state'), say('lastReport')],
      watching.map((p) => [h('a', { href: link('probe', p.operator, p.probe) }, name(p.probe)), probeState(p.state), ago(p.last_arrived)]))),
  ];
}

function histories(series: Series[]): Child {
  return series.length === 0 ? empty('noSeries') : series.map((s) =>
    history(s, [visible(s.node ?? s.probe), s.interface && visible(s.interface), s.technology && technology(s.technology), say('byProbe', visible(s.probe))].filter(Boolean).join(' · ')));
}

async function nodePage(area: string, operator: string, node: string): Promise<Child[]> {
  const [of, areas, operators, series] = await Promise.all([askNodes(), askAreas(), askOperators(), askSeries()]);
  const names = new Names(areas, operators);
  const access = of.nodes.filter((n) => n.operator === operator && n.node === node);
  const controllers = of.controllers.filter((n) => n.operator === operator && n.node === node);
  return [
    crumbs([link('places', area), names.area(area)], [link('places', area, operator), names.operator(operator)], [link('places', area, operator, node), visible(node)]),
    section('node', visible(node),
      access.length + controllers.length === 0 && empty('noNode'),
      access.length > 0 && table(visible(node), accessHeads(), access.map(accessRow)),
      controllers.length > 0 && table(visible(node), controllerHeads(), controllers.map(controllerRow))),
    section('history', say('history'), histories(series.filter((s) => s.operator === operator && s.node === node))),
  ];
}

export async function places(): Promise<Child[]> {
  const [area, operator, node] = state.parts;
  if (area && operator && node !== undefined) return nodePage(area, operator, node);
  if (area && operator) return operatorPage(area, operator);
  return area ? areaPage(area) : city();
}

export async function probe(): Promise<Child[]> {
  const [operator = '', probeName = ''] = state.parts;
  const [probes, ledger, series, areas, operators] = await Promise.all([askProbes(), completeness(), askSeries(), askAreas(), askOperators()]);
  const found = probes.find((p) => p.operator === operator && p.probe === probeName);
  if (!found) return [empty('noProbe')];
  const row = ledger.probes.find((p) => p.operator === operator && p.probe === probeName);
  const names = new Names(areas, operators);
  const facts: [Word, Child][] = [
    ['operator', names.operator(operator)], ['state', probeState(found.state)], ['lastReport', ago(found.last_arrived)],
    ['version', found.agent_version ? name(found.agent_version) : say('unknown')], ['interval2', `${number(found.interval_s)} s`],
    ['completeness', share(row?.completeness)], ['captureCoverage', share(found.capture_coverage)],
    ['gaps', number(found.gap_intervals)], ['refused', number(found.refused)],
  ];
  const nodes = [...new Set(series.filter((s) => s.operator === operator && s.probe === probeName && s.node !== null).map((s) => s.node!))];
  return [
    section('probe', visible(probeName), h('dl', { class: 'card' }, facts.map(([word, text]) => h('div', null, h('dt', null, say(word)), h('dd', null, text))))),
    section('watches', say('watches'), nodes.length === 0 ? empty('nothing') : h('ul', { class: 'links' }, nodes.map((n) => h('li', null, h('a', { href: link('places', '-', operator, n) }, name(n)))))),
    section('history', say('history'), histories(series.filter((s) => s.operator === operator && s.probe === probeName && s.kind === 'probe'))),
  ];
}
