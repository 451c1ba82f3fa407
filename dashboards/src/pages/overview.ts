// SPDX-License-Identifier: GPL-2.0-or-later
// One card a target: what is asked, where we are, how sure, on pace or not.
import { figures } from '../api';
import { bar, fullScale } from '../bar';
import { savePng, saveSvg, standalone } from '../download';
import { Child, h } from '../dom';
import { day, decimals, demand, quantity, share, unit } from '../format';
import { basis, both, chips, distinct, empty, evidence, gradeText, interval, label, pace, paceBadge, section, valueOf, verdict, verdictClass, verdictText, VERDICTS } from '../parts';
import { pictureButtons } from '../chart';
import { link, linkWith, pick, say } from '../state';
import { table } from '../table';
import type { Word } from '../state';
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

function barOf(of: Figure[], small = false): SVGSVGElement {
  const first = of[0]!;
  const targets = of.filter((f) => f.target && f.target.value !== null);
  const full = fullScale([first.value, first.upper, ...targets.map((f) => f.target!.value)], first.unit === '%' ? 100 : 0);
  return bar({
    title: `${label(first)}: ${first.value === null ? say('noValue') : quantity(first, first.value)}`,
    full, value: first.value, lower: first.lower, upper: first.upper, small,
    marks: targets.map((f) => ({
      value: f.target!.value!,
      label: `${f.target!.date ? f.target!.date.slice(0, 4) : say('undated')} ${demand(short(f), f.target!)}`,
    })),
  });
}

const isAsked = (f: Figure): boolean => f.target !== null && f.target.value !== null;

/** Met or not, where its day has come; else whether it will be. */
function standing(f: Figure): Child[] {
  const judged = f.pace === 'on-pace' || f.pace === 'off-pace';
  if (!f.due && judged) return [paceBadge(f), h('span', { class: 'second' }, verdictText(f.verdict), say('notYetDueBeside'))];
  return [verdict(f.verdict), !f.due && h('span', { class: 'second' }, say('notYetDue'))];
}

function glanceRow(all: Figure[]): HTMLElement {
  const of = all.filter((f) => !f.alternative);
  const now = inForce(of);
  const cell = (name: string, ...parts: Child[]) => h('td', { class: name }, parts);
  return h('tr', null,
    h('th', { scope: 'row' }, h('a', { href: link('areas', now.indicator) }, label(now))),
    cell('now', valueOf(now, decimals(now, now.value, now.target?.value))),
    cell('picture', barOf(of, true)),
    cell('asked', of.filter(isAsked).map((f) => h('div', { class: f === now ? 'in-force' : null },
      `${f.target!.date ? f.target!.date.slice(0, 4) : say('undated')}: ${demand(f, f.target!)}`))),
    cell('sure', h('strong', null, gradeText(now)), ' ', now.basis === 'none' ? evidence(now) : basis(now),
      now.evidence !== 'declared' && now.value !== null && h('div', { class: 'interval' }, interval(now))),
    cell('standing', standing(now)));
}

/** The targets of the network on one screen: asked, reached, how sure, on pace or not. */
function glance(all: Figure[][]): HTMLElement | false {
  const last = all.reduce((found, of, i) => (of[0]!.evidence !== 'declared' && of.some(isAsked) ? i : found), -1);
  const shown = all.slice(0, last + 1).filter((of) => of.some(isAsked));
  const heads: Word[] = ['indicator', 'actual', 'targetBar', 'target', 'sure', 'standing'];
  return shown.length > 0 && h('div', { class: 'scroll glance', tabindex: 0, role: 'region', 'aria-label': say('glance') },
    h('table', null, h('caption', { class: 'unseen' }, say('glance')),
      h('thead', null, h('tr', null, heads.map((word) => h('th', { scope: 'col' }, say(word))))),
      h('tbody', null, shown.map(glanceRow))));
}

/** A target whose day is past was judged then: what is so today is said, and where to find the verdict. */
function pastRow(f: Figure, date: string): Child[] {
  const year = date.slice(0, 4);
  return [day(date, 'medium'), demand(f, f.target!), h('a', { href: linkWith({ year: Number(year) }) }, say('verdictOfYear', year)),
    h('span', { class: 'reason' }, say('byPresentValue', verdictText(f.verdict)))];
}

function targetRow(f: Figure): Child[] {
  const target = f.target;
  if (target?.date && isAsked(f) && target.date < f.instant.slice(0, 10)) return pastRow(f, target.date);
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
  const asked = of.some((f) => f.target);
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
      now.value !== null && h('span', { class: 'interval' }, now.evidence === 'declared' ? say('declaredNoInterval') : `${say('interval')} ${interval(now)}`),
      pace(now)),
    h('div', { class: 'chart' }, (asked || now.value !== null) && picture),
    h('div', { class: 'targets' }, asked
      ? table(label(now), [say('byDate'), say('target'), say('verdict'), say('reason')], of.map(targetRow))
      : h('p', { class: 'note' }, pick(now.reason_zh, now.reason_en))),
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
  const asked = (of: Figure[]) => of.some((f) => f.target);
  return [
    section('summary', say('summary'), summary(all), glance(all), h('p', { class: 'note' }, say('barLegend'))),
    cards(say('seenTargets'), 'seen', say('seenTargetsNote'), seen.filter(asked)),
    cards(say('declaredTargets'), 'declared', say('declaredTargetsNote'), declared),
    cards(say('tasks'), 'tasks', say('tasksNote'), seen.filter((of) => !asked(of))),
  ];
}
