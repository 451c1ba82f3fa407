// SPDX-License-Identifier: GPL-2.0-or-later
// One card a target: what is asked, where we are, how sure, on pace or not.
import { figures } from '../api';
import { bar, fullScale } from '../bar';
import { savePng, saveSvg, standalone } from '../download';
import { Child, h } from '../dom';
import { day, decimals, demand, quantity, share, unit } from '../format';
import { both, chips, distinct, empty, interval, label, pace, section, valueOf, verdict, verdictClass, verdictText, VERDICTS } from '../parts';
import { pictureButtons } from '../chart';
import { link, pick, say } from '../state';
import { table } from '../table';
import type { Figure, Figures } from '../types';

/** The figure of the target in force: the first that is not past, else the last. */
export function inForce(of: Figure[]): Figure {
  const dated = of.filter((f) => f.target?.date);
  return dated.find((f) => f.target!.date! >= f.instant.slice(0, 10)) ?? dated[dated.length - 1] ?? of[0]!;
}

function summary(all: Figure[][]): HTMLElement {
  const counts = VERDICTS.map((v) => all.filter((of) => inForce(of.filter((f) => !f.alternative)).verdict === v).length);
  return h('ul', { class: 'summary', 'aria-label': say('summary') }, VERDICTS.map((v, i) =>
    h('li', { class: verdictClass(v) }, h('strong', null, String(counts[i])), verdictText(v))));
}

/** Where the unit is a long word, the number alone: the value beside the chart has the unit. */
const short = (f: Figure): Figure => (unit(f).length > 8 ? { ...f, unit: 'count', unit_zh: '' } : f);

function barOf(of: Figure[]): SVGSVGElement {
  const first = of[0]!;
  const targets = of.filter((f) => f.target && f.target.value !== null);
  const full = fullScale([first.value, first.upper, ...targets.map((f) => f.target!.value)], first.unit === '%' ? 100 : 0);
  return bar({
    title: `${label(first)}: ${first.value === null ? say('noValue') : quantity(first, first.value)}`,
    full, value: first.value, lower: first.lower, upper: first.upper,
    marks: targets.map((f) => ({
      value: f.target!.value!,
      label: `${f.target!.date ? f.target!.date.slice(0, 4) : say('undated')} ${demand(short(f), f.target!)}`,
    })),
  });
}

function targetRow(f: Figure): Child[] {
  const target = f.target;
  return [
    target?.date ? day(target.date, 'medium') : say('undated'),
    [target ? demand(f, target) : say('noTargetSet'),
      target?.status === 'carried-forward' && h('span', { class: 'second' }, ' ', say('carriedForward'))],
    [verdict(f.verdict), !f.due && target && target.value !== null && h('span', { class: 'second' }, ' ', say('notYetDue'))],
    h('span', { class: 'reason' }, pick(f.reason_zh, f.reason_en)),
  ];
}

function details(f: Figure, beside: Figure[], pictures: HTMLElement): HTMLElement {
  const rows: [string, Child][] = [
    [say('numerator'), [f.numerator_name ?? say('unknown'), f.numerator !== null && ` = ${quantity({ ...f, unit: '', unit_zh: '', decimals: 0 }, f.numerator)}`]],
    [say('denominator'), [f.denominator_name ?? say('unknown'), f.denominator !== null && ` = ${quantity({ ...f, unit: '', unit_zh: '', decimals: 0 }, f.denominator)}`,
      f.denominator_vintage && ` (${f.denominator_vintage})`]],
    [say('coverage'), share(f.coverage)], [say('completeness'), share(f.completeness)], [say('unclassified'), share(f.unclassified)],
    [say('definitionVersion'), `${f.definition_version} ${pick(f.definition_label_zh ?? null, f.definition_label_en ?? null)}`],
    ...beside.map((b): [string, Child] => [`${say('beside')} ${pick(b.definition_label_zh ?? null, b.definition_label_en ?? null)}`, valueOf(b)]),
    [say('source'), f.source ?? say('unknown')],
    [say('responsible'), pick(f.responsible_zh, f.responsible_en) || say('unknown')],
    [say('clause'), f.target ? h('span', { lang: 'zh-CN' }, f.target.clause) : say('unknown')],
    [say('note'), pick(f.note_zh, f.note_en) || say('none')],
  ];
  return h('details', null, h('summary', null, say('details')),
    h('dl', null, rows.map(([term, text]) => h('div', null, h('dt', null, term), h('dd', null, text)))), pictures);
}

function card(all: Figure[]): HTMLElement {
  const of = all.filter((f) => !f.alternative);
  const now = inForce(of);
  const places = decimals(now, now.value, now.target?.value);
  const picture = barOf(of);
  const onSave = (kind: 'png' | 'svg') => {
    const width = 900;
    const text = standalone(picture, width, 60);
    if (kind === 'svg') saveSvg(text, now.indicator);
    else void savePng(text, width, 60, now.indicator);
  };
  return h('article', { class: 'indicator', id: now.indicator },
    h('header', null,
      h('h3', null, h('a', { href: link('trends', now.indicator) }, both(now.label_zh, now.label_en))), chips(now)),
    h('div', { class: 'actual' },
      h('span', { class: 'label' }, say('actual')),
      h('span', { class: 'value' }, valueOf(now, places)),
      h('span', { class: 'interval' }, now.evidence === 'declared' ? say('declaredNoInterval') : `${say('interval')} ${interval(now)}`),
      pace(now)),
    h('div', { class: 'chart' }, picture),
    h('div', { class: 'targets' }, table(label(now), [say('byDate'), say('target'), say('verdict'), say('reason')], of.map(targetRow))),
    details(now, all.filter((f) => f.alternative), pictureButtons(onSave, label(now))));
}

function cards(title: string, id: string, note: string, groups: Figure[][]): HTMLElement | null {
  return groups.length === 0 ? null : section(id, title, h('p', { class: 'note' }, note), groups.map(card));
}

export function group(answer: Figures): Figure[][] {
  const city = answer.figures.filter((f) => f.operator === null);
  return distinct(city).map((first) => city.filter((f) => f.indicator === first.indicator && f.area === first.area));
}

export async function overview(): Promise<Child[]> {
  const all = group(await figures());
  if (all.length === 0) return [empty('noFigures')];
  const declared = all.filter((of) => of[0]!.evidence === 'declared');
  const seen = all.filter((of) => of[0]!.evidence !== 'declared');
  return [
    section('summary', say('summary'), summary(all), h('p', { class: 'note' }, say('barLegend'))),
    cards(say('seenTargets'), 'seen', say('seenTargetsNote'), seen),
    cards(say('declaredTargets'), 'declared', say('declaredTargetsNote'), declared),
  ];
}
