// SPDX-License-Identifier: GPL-2.0-or-later
// The figures to take away: for spreadsheets, for scripts, for paper.
import { Child, h } from '../dom';
import { section } from '../parts';
import { say, state, Word } from '../state';

interface Link { href: string; word: Word; note: Word; path: string }

const links = (): Link[] => [
  { path: '/api/v1/figures', href: `/api/v1/figures?format=csv&area=all&operator=all&all_targets=true&year=${state.year}`, word: 'exportCsv', note: 'exportCsvNote' },
  { path: '/api/v1/export', href: `/api/v1/export?format=xlsx&year=${state.year}`, word: 'exportXlsx', note: 'exportXlsxNote' },
  { path: '/api/v1/export', href: `/api/v1/export?format=package&year=${state.year}`, word: 'exportPackage', note: 'exportPackageNote' },
  { path: '/api/v1/figures', href: `/api/v1/figures?format=json&area=all&operator=all&all_targets=true&year=${state.year}`, word: 'exportJson', note: 'exportJsonNote' },
  { path: '/api/v1/completeness', href: '/api/v1/completeness?format=csv', word: 'exportCoverage', note: 'exportCoverageNote' },
  { path: '/openapi.json', href: '/openapi.json', word: 'exportOpenapi', note: 'exportOpenapiNote' },
  { path: '/metrics', href: '/metrics', word: 'exportMetrics', note: 'exportMetricsNote' },
];

/** What this collector does not serve is told as a command instead of a link that leads nowhere. */
async function served(): Promise<Set<string>> {
  const answer = await fetch('/openapi.json');
  const document = (await answer.json()) as { paths: Record<string, unknown> };
  return new Set([...Object.keys(document.paths), '/openapi.json']);
}

function command(link: Link): Child {
  const format = link.word === 'exportXlsx' ? 'xlsx' : 'package';
  return h('code', null, `lastmile export --year ${state.year} --format ${format} --out lastmile-${state.year}${format === 'xlsx' ? '.xlsx' : ''}`);
}

export async function exports(): Promise<Child[]> {
  const paths = await served();
  return [
    section('files', say('pageExports'), h('p', { class: 'note' }, say('exportsNote', state.year)),
      h('ul', { class: 'exports' }, links().map((link) => h('li', { class: 'card' },
        paths.has(link.path) ? h('a', { href: link.href, class: 'button' }, say(link.word)) : h('strong', null, say(link.word)),
        h('p', { class: 'note' }, say(link.note)), !paths.has(link.path) && command(link))))),
    section('charts', say('chartsToo'), h('p', null, say('chartsTooNote'))),
    section('paper', say('paper'), h('p', null, h('a', { class: 'button', href: `/plain?year=${state.year}&lang=${state.lang}` }, say('plainPage'))),
      h('p', null, h('button', { type: 'button', class: 'button', click: () => window.print() }, say('printPage')))),
  ];
}
