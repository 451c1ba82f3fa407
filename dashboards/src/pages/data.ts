// SPDX-License-Identifier: GPL-2.0-or-later
// What the figures stand on: what arrived of what was promised, and why the rest did not.
import { ApiError, alerts as askAlerts, areas as askAreas, completeness, operators as askOperators, probes as askProbes, quarantine as askQuarantine } from '../api';
import { axis, chart, legend, tooltip } from '../chart';
import { Child, h, name, visible } from '../dom';
import { number, share, time } from '../format';
import { empty, Names, section } from '../parts';
import { link, say, Word } from '../state';
import { table } from '../table';
import { Theme } from '../theme';
import { alertTable } from './live';
import type { Completeness, Gap, ProbeCompleteness, Quarantine } from '../types';

export const REASONS: [string, Word][] = [['declared', 'missingDeclared'], ['refused', 'missingRefused'], ['clock', 'missingClock'], ['silent', 'missingSilent']];
const SHOWN_MAX = 40; // bars that can be told apart
const reason = (key: string): string => { const found = REASONS.find(([k]) => k === key); return found ? say(found[1]) : key; };

const when = (time_: string | null): HTMLElement => h('span', { class: 'number' }, time(time_));

function worst(of: ProbeCompleteness[]): ProbeCompleteness[] {
  return [...of].sort((a, b) => (a.completeness ?? 0) - (b.completeness ?? 0)).slice(0, SHOWN_MAX);
}

/** What arrived and what is missing, by reason, as shares of what was expected. */
function option(of: ProbeCompleteness[], colours: Theme): Record<string, unknown> {
  const parts: [string, (p: ProbeCompleteness) => number][] = [[say('arrived'), (p) => p.arrived], ...REASONS.map(([key, word]): [string, (p: ProbeCompleteness) => number] => [say(word), (p) => p.missing[key] ?? 0])];
  return {
    legend: legend(colours), grid: { left: 8, right: 28, top: 64, bottom: 8, containLabel: true },
    xAxis: axis(colours, { type: 'value', max: 100, axisLabel: { color: colours.soft, formatter: '{value}%' } }),
    yAxis: axis(colours, { type: 'category', inverse: true, data: of.map((p) => visible(p.probe)), axisLabel: { color: colours.soft, width: 130, overflow: 'truncate' } }),
    tooltip: tooltip((hit) => (hit as { seriesName: string; value: number; name: string }[]).map((p) => [p.seriesName, share(p.value / 100)]), { axisPointer: { type: 'shadow' } }),
    series: parts.map(([label, count], i) => ({
      name: label, type: 'bar', stack: 'all', barMaxWidth: 20, itemStyle: { color: colours.series[i] },
      data: of.map((p) => (p.expected ? (100 * count(p)) / p.expected : 0)),
    })),
  };
}

function ledgerChart(ledger: Completeness, names: Names): HTMLElement {
  const shown = worst(ledger.probes);
  const expected = ledger.probes.reduce((a, p) => a + p.expected, 0), arrived = ledger.probes.reduce((a, p) => a + p.arrived, 0);
  return chart({
    title: say('ledger'), note: say('ledgerNote'), file: 'completeness', height: 110 + 28 * shown.length, summary: share(expected ? arrived / expected : null),
    option: (colours) => option(shown, colours),
    columns: [say('probe'), say('operator'), { label: say('expected'), number: true }, { label: say('arrived'), number: true }, { label: say('completeness'), number: true }, { label: say('untrustedClock'), number: true }, ...REASONS.map(([, word]) => ({ label: say(word), number: true }))],
    rows: ledger.probes.map((p) => [h('a', { href: link('probe', p.operator, p.probe) }, name(p.probe)), names.operator(p.operator), number(p.expected), number(p.arrived), share(p.completeness, 2), number(p.untrusted_clock), ...REASONS.map(([key]) => number(p.missing[key] ?? null))]),
  });
}

function gapRows(ledger: Completeness): Child[][] {
  const all = ledger.probes.flatMap((p) => p.gaps.map((gap): [ProbeCompleteness, Gap] => [p, gap]));
  return all.sort((a, b) => (a[1].from < b[1].from ? 1 : -1)).slice(0, 50).map(([p, gap]) => [name(p.probe), when(gap.from), when(gap.to), number(gap.intervals), reason(gap.reason)]);
}

/** The quarantine, which is the administrator's: null for others. */
async function forAdministrators(): Promise<Quarantine | null> {
  try {
    return await askQuarantine();
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return null;
    throw error;
  }
}

export async function data(): Promise<Child[]> {
  const [ledger, probes, alerts, quarantine, areas, operators] = await Promise.all([completeness(), askProbes(), askAlerts(), forAdministrators(), askAreas(), askOperators()]);
  const names = new Names(areas, operators);
  const silent = probes.filter((p) => p.state !== 'reporting');
  return [
    section('ledger', say('ledger'), ledger.probes.length === 0 ? empty('noProbes') : ledgerChart(ledger, names)),
    section('gaps', say('latestGaps'), table(say('latestGaps'), [say('probe'), say('from'), say('to'), { label: say('intervals'), number: true }, say('reason')], gapRows(ledger))),
    section('silent', say('silentProbes'), silent.length === 0 ? empty('noSilent') : table(say('silentProbes'), [say('probe'), say('operator'), say('lastReport')], silent.map((p) => [h('a', { href: link('probe', p.operator, p.probe) }, name(p.probe)), names.operator(p.operator), when(p.last_arrived)]))),
    section('coverage', say('captureCoverage'), h('p', { class: 'note' }, say('coverageNote')), table(say('captureCoverage'), [say('probe'), { label: say('captureCoverage'), number: true }, { label: say('packets'), number: true }, { label: say('dropped'), number: true }],
      probes.map((p) => [name(p.probe), share(p.capture_coverage), number(p.packets), number(p.dropped_packets)]))),
    section('quarantine', say('quarantine'), h('p', { class: 'note' }, say('quarantineNote')), !quarantine ? empty('mayNotSee') : table(say('quarantine'), [say('fault'), { label: say('reportCount'), number: true }, say('latest')], quarantine.faults.map((f) => [h('code', null, f.fault), number(f.reports), f.last ? when(f.last) : say('unknown')]))),
    section('alerts', say('alerts'), alertTable(alerts, names)),
  ];
}
