// SPDX-License-Identifier: GPL-2.0-or-later
// Tables: the truth below every chart, and what paper shows.
import { Child, h } from './dom';
import { say } from './state';

export interface Column { label: string; number?: boolean }
export type Row = Child[];

/** A table that scrolls inside its frame; the first cell of a row is its heading. */
export function table(caption: string, columns: (Column | string)[], rows: Row[]): HTMLElement {
  const heads = columns.map((c) => (typeof c === 'string' ? { label: c } : c));
  if (rows.length === 0) return h('p', { class: 'empty' }, say('nothing'));
  const cell = (child: Child, i: number) => {
    const kind = heads[i]?.number ? 'number' : null;
    return i === 0 ? h('th', { scope: 'row', class: kind }, child) : h('td', { class: kind }, child);
  };
  return h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    h('table', null,
      h('caption', { class: 'unseen' }, caption),
      h('thead', null, h('tr', null, heads.map((c) => h('th', { scope: 'col', class: c.number ? 'number' : null }, c.label)))),
      h('tbody', null, rows.map((row) => h('tr', null, row.map(cell))))));
}

/** The same, closed until somebody wants it; open on paper. */
export function foldedTable(caption: string, columns: (Column | string)[], rows: Row[], open = false): HTMLElement {
  return h('details', { class: 'data', open }, h('summary', null, say('dataTable')), table(caption, columns, rows));
}
