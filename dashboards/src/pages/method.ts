// SPDX-License-Identifier: GPL-2.0-or-later
// How every figure comes about, so that it can be doubted.
import { figures } from '../api';
import { Child, h } from '../dom';
import { both, distinct, evidence, section, verdict, VERDICTS } from '../parts';
import { pick, say, state, Word } from '../state';
import { table } from '../table';
import type { Verdict } from '../types';

const RULES: [Verdict, Word][] = [['MET', 'ruleMet'], ['NOT_MET', 'ruleNotMet'], ['INSUFFICIENT_EVIDENCE', 'ruleInsufficient'], ['NOT_SET', 'ruleNotSet']];
const EVIDENCE: [Word, Word][] = [['measured', 'measuredMeans'], ['derived', 'derivedMeans'], ['declared', 'declaredMeans']];
const GRADES: [string, Word][] = [['A', 'gradeA'], ['B', 'gradeB'], ['C', 'gradeC'], ['D', 'gradeD'], ['E', 'gradeE']];

const terms = (rows: [Child, Child][]): HTMLElement => h('dl', { class: 'card terms' }, rows.map(([term, text]) => h('div', null, h('dt', null, term), h('dd', null, text))));

export async function method(): Promise<Child[]> {
  const answer = await figures();
  const each = distinct(answer.figures.filter((f) => f.operator === null));
  return [
    section('verdicts', say('verdicts'), terms(VERDICTS.map((v) => [verdict(v), say(RULES.find(([r]) => r === v)![1])]))),
    section('evidence', say('evidence'), terms(EVIDENCE.map(([term, text]) => [say(term), say(text)]))),
    section('grades', say('grades'), terms(GRADES.map(([grade, text]) => [`${say('grade')} ${grade}`, say(text)]))),
    section('principles', say('principles'), h('ul', { class: 'card principles' }, (['principleDate', 'principleInterval', 'principleMissing', 'principlePrivacy', 'principleFinal', 'principleAreas', 'principlePace'] as Word[]).map((word) => h('li', null, say(word))))),
    section('definitions', say('definitions'),
      h('p', { class: 'note' }, say('methodVersion'), ' ', answer.method_version, ' · ', h('a', { href: `/method?lang=${state.lang}` }, say('methodDocument'))), table(say('definitions'),
      [say('indicator'), say('evidence'), say('numerator'), say('denominator'), say('definitionVersion'), say('note')],
      each.map((f) => [h('span', { id: `d-${f.indicator}` }, both(f.label_zh, f.label_en)), evidence(f), f.numerator_name ?? '–', f.denominator_name ?? '–', String(f.definition_version), pick(f.note_zh, f.note_en)]))),
  ];
}
