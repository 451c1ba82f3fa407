// SPDX-License-Identifier: GPL-2.0-or-later
// The two languages of the dashboards: the same keys, nothing empty, nothing left untranslated; what
// is printed of the rules is what the rules say; the lock file names no host.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = process.env.LASTMILE_SOURCE ?? '.';
const read = (path) => readFileSync(join(root, path), 'utf8');
const table = (path) => new Map([...read(path).matchAll(/^ {2}(\w+): '((?:[^'\\]|\\.)*)',$/gm)].map(([, key, text]) => [key, text.replace(/\\(.)/g, '$1')]));
const zh = table('dashboards/src/zh.ts'), en = table('dashboards/src/en.ts');
const ALIKE = new Set(['pageWlan', 'hour']); // what both languages write without a Chinese character
const CJK = /[\u3400-\u9fff]/;
const rules = read('collector/estimate/verdict.c').replace(/"\s*\n\s*"/g, '');
const holes = (text) => [...text.matchAll(/\{\d\}/g)].map(String).sort().join();

const cases = {
  both_languages_have_the_same_keys: () => zh.size > 200 && [...zh.keys()].join() === [...en.keys()].join(),
  every_chinese_text_is_chinese: () => [...zh].filter(([key, text]) => !CJK.test(text) && !ALIKE.has(key)),
  every_english_text_is_english: () => [...en].filter(([, text]) => CJK.test(text) || !/[A-Za-z0-9]/.test(text)),
  both_texts_take_the_same_values: () => [...zh].filter(([key, text]) => holes(text) !== holes(en.get(key))),
  grades_are_told_as_the_rules_have_them: () => ['A', 'B', 'C', 'D', 'E'].filter((g) => !rules.includes(`"${zh.get('grade' + g)}"`) || !rules.includes(`"${en.get('grade' + g)}"`)),
  the_lock_file_names_no_place_of_download: () => /"resolved"|https?:\/\/registry/.test(read('dashboards/package-lock.json')) ? ['an address'] : [],
};
console.log(`1..${Object.keys(cases).length}`);
Object.entries(cases).forEach(([name, body], i) => {
  const answer = body();
  const ok = answer === true || (Array.isArray(answer) && answer.length === 0);
  console.log(`${ok ? 'ok' : 'not ok'} ${i + 1} - ${name}`);
  if (!ok) { console.log(`# ${JSON.stringify(answer)}`); process.exitCode = 1; }
});
