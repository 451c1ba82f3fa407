// SPDX-License-Identifier: GPL-2.0-or-later
// What several pages show alike.
import { Child, h } from './dom';
import { DASH, quantity, share, wan } from './format';
import { link, pick, pickOther, say, state, otherLanguage, Word } from './state';
import type { Area, Figure, Operator, Verdict } from './types';

const VERDICT_CLASS: Record<Verdict, string> = {
  MET: 'met', NOT_MET: 'not-met', INSUFFICIENT_EVIDENCE: 'insufficient', NOT_SET: 'not-set',
};
const VERDICT_SIGN: Record<Verdict, string> = { MET: '✓', NOT_MET: '✗', INSUFFICIENT_EVIDENCE: '?', NOT_SET: '–' };
const VERDICT_WORD: Record<Verdict, Word> = {
  MET: 'verdictMet', NOT_MET: 'verdictNotMet', INSUFFICIENT_EVIDENCE: 'verdictInsufficient', NOT_SET: 'verdictNotSet',
};
export const VERDICTS: Verdict[] = ['MET', 'NOT_MET', 'INSUFFICIENT_EVIDENCE', 'NOT_SET'];

/** A verdict in words, with a sign, so that nothing is said by colour alone. */
export function verdict(of: Verdict): HTMLElement {
  return h('span', { class: `verdict ${VERDICT_CLASS[of]}` }, h('span', { 'aria-hidden': 'true' }, VERDICT_SIGN[of] + '\u00a0'),
    say(VERDICT_WORD[of]));
}
export const verdictText = (of: Verdict): string => say(VERDICT_WORD[of]);
export const verdictClass = (of: Verdict): string => VERDICT_CLASS[of];

const EVIDENCE: Record<Figure['evidence'], Word> = { measured: 'measured', derived: 'derived', declared: 'declared' };
export const evidence = (of: Figure): string => say(EVIDENCE[of.evidence]);

const BASIS: Record<string, Word> = {
  none: 'basisNone', census: 'basisCensus', 'probability-sample': 'basisSample', convenience: 'basisConvenience', declared: 'declared',
};
export const basis = (of: Figure): string => (BASIS[of.basis] ? say(BASIS[of.basis]!) : of.basis);

export const label = (of: Figure): string => pick(of.label_zh, of.label_en);
export const areaLabel = (of: Figure): string => pick(of.area_label_zh, of.area_label_en);

/** Both languages: the one that is read first, the other small beside it. */
export function both(chinese: string, english: string): Child {
  return [pick(chinese, english), ' ', h('span', { class: 'second', lang: otherLanguage() }, pickOther(chinese, english))];
}

export function valueOf(of: Figure, places?: number): Child {
  if (of.value === null) return h('span', { class: 'missing' }, say(of.withheld ? 'withheld' : 'noValue'));
  const tenThousands = wan(of.value);
  return [h('span', { class: 'number' }, quantity(of, of.value, places)), tenThousands && h('span', { class: 'wan' }, ` (${tenThousands})`)];
}

/** A bound alone is a bound: what is not known of the other side is not hidden. */
export function interval(of: Figure): string {
  const bare = of.unit === '%' ? of : { ...of, unit: '', unit_zh: '' }; // a unit of words is said once
  if (of.lower !== null && of.upper !== null) return `${quantity(bare, of.lower)} … ${quantity(of, of.upper)}`;
  if (of.lower !== null) return `≥\u00a0${quantity(of, of.lower)}`;
  return of.upper !== null ? `≤\u00a0${quantity(of, of.upper)}` : DASH;
}

export const gradeText = (of: { grade: string | null }): string => of.grade ?? DASH;

const PACE_CLASS: Record<string, string> = { 'on-pace': 'met', 'off-pace': 'not-met' };
const PACE_SIGN: Record<string, string> = { 'on-pace': '↗ ', 'off-pace': '↘ ' };

/** On pace or not, as a badge; null where there is no pace to keep: without a dated number, or past its day. */
export function paceBadge(of: Figure): HTMLElement | null {
  const key = of.pace ?? 'not-assessable';
  if (key === 'not-assessable' && (of.due || !of.target?.date || of.target.value === null)) return null;
  return h('span', { class: PACE_CLASS[key] ? `verdict ${PACE_CLASS[key]}` : null }, (PACE_SIGN[key] ?? '') + (pick(of.pace_zh ?? null, of.pace_en ?? null) || say('paceUnknown')));
}

/** On pace or not, why, and at what rates. */
export function pace(of: Figure): HTMLElement | null {
  const badge = paceBadge(of);
  if (!badge) return null;
  const rates = typeof of.needed_per_year === 'number' && typeof of.achieved_per_year === 'number'
    ? say('paceRates', quantity(of, of.achieved_per_year), quantity(of, of.needed_per_year)) : '';
  const reason = pick(of.pace_reason_zh ?? null, of.pace_reason_en ?? null);
  return h('p', { class: 'pace' }, h('span', { class: 'label' }, say('pace')), ' ', badge, reason && ` ${reason}`, rates && ` ${rates}`);
}

export function chips(of: Figure): HTMLElement {
  return h('ul', { class: 'chips' },
    of.grade !== null && h('li', null, say('grade'), ' ', h('strong', null, of.grade)),
    h('li', null, evidence(of)),
    of.basis !== 'none' && of.basis !== 'declared' && h('li', null, basis(of)),
    of.coverage !== null && h('li', null, say('coverage'), ' ', share(of.coverage)));
}

export function section(id: string, title: string, ...children: Child[]): HTMLElement {
  return h('section', { 'aria-labelledby': id }, h('h2', { id }, title), children);
}

export const empty = (word: Word): HTMLElement => h('p', { class: 'empty' }, say(word));

/** The indicators that probes say something of, in the plan's order, each once. */
export function distinct(figures: Figure[]): Figure[] {
  const seen = new Set<string>();
  return figures.filter((f) => !seen.has(f.indicator) && seen.add(f.indicator));
}

const LINKS_MAX = 8; // more are a list to choose from

/** The same page for other indicators. */
export function chooseIndicator(page: string, figures: Figure[], chosen: string): HTMLElement {
  if (figures.length <= LINKS_MAX)
    return h('nav', { class: 'choose', 'aria-label': say('indicator') },
      figures.map((f) => h('a', { href: link(page, f.indicator), 'aria-current': f.indicator === chosen ? 'true' : null }, label(f))));
  const options = (of: Figure[]) => of.map((f) => h('option', { value: f.indicator, selected: f.indicator === chosen }, label(f)));
  const select = h('select', { id: 'indicator', change: () => { location.hash = link(page, select.value); } },
    h('optgroup', { label: say('seenTargets') }, options(figures.filter((f) => f.evidence !== 'declared'))),
    h('optgroup', { label: say('declaredTargets') }, options(figures.filter((f) => f.evidence === 'declared'))));
  return h('p', { class: 'choose' }, h('label', { class: 'year' }, h('span', null, say('indicator')), ' ', select));
}

export class Names {
  constructor(private readonly areas: Area[], private readonly operators: Operator[]) {}
  area(key: string | null): string {
    const found = this.areas.find((a) => a.key === key);
    return found ? found.label[state.lang] : key ?? say('unknown');
  }
  operator(key: string | null): string {
    const found = this.operators.find((o) => o.key === key);
    return found ? found.label[state.lang] : key ?? say('unknown');
  }
}
