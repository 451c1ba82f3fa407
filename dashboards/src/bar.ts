// SPDX-License-Identifier: GPL-2.0-or-later
// One target bar: what is, how sure, what is asked. Plain SVG, so that the first page needs no
// chart library and stands at once. The same picture as collector/http/bar.c draws.
import { svg } from './dom';

export interface Mark { value: number; label: string }
export interface Bar {
  title: string; full: number;
  value: number | null; lower: number | null; upper: number | null;
  marks: Mark[];
  small?: boolean; // without the marks' labels, for a table whose cells say them
}

const STEPS = [1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** The end of the scale: round, and a little more than the largest; at least least. */
export function fullScale(values: (number | null)[], least: number): number {
  const most = Math.max(least, ...values.map((v) => v ?? 0));
  if (!(most > 0)) return 1;
  if (most <= least) return least;
  const power = 10 ** Math.floor(Math.log10(most));
  return (STEPS.find((s) => most * 1.05 <= s * power) ?? 20) * power;
}

const HEIGHT = 60;
const SMALL_TOP = 15, SMALL_HEIGHT = 30; // of the same picture
const EDGE = 14; // per cent: nearer labels are written inwards

export function bar(spec: Bar): SVGSVGElement {
  const percent = (value: number) => Math.min(100, Math.max(0, (100 * value) / spec.full));
  const at = (value: number) => `${percent(value).toFixed(2)}%`;
  const root = svg('svg', { class: 'bar', role: 'img', width: '100%', height: spec.small ? SMALL_HEIGHT : HEIGHT, 'aria-label': spec.title },
    svg('rect', { class: 'track', x: 0, y: 22, width: '100%', height: 16 }));
  if (spec.value !== null) root.append(svg('rect', { class: 'actual', x: 0, y: 22, width: at(spec.value), height: 16 }));
  if (spec.lower !== null && spec.upper !== null) {
    const line = (x1: number, x2: number, y1: number, y2: number) =>
      svg('line', { class: 'whisker', x1: at(x1), x2: at(x2), y1, y2 });
    root.append(line(spec.lower, spec.upper, 30, 30), line(spec.lower, spec.lower, 25, 35), line(spec.upper, spec.upper, 25, 35));
  }
  spec.marks.forEach((mark, i) => {
    const above = i % 2 === 0;
    const x = percent(mark.value);
    root.append(
      svg('line', { class: 'mark', x1: at(mark.value), x2: at(mark.value), y1: above ? 17 : 22, y2: above ? 38 : 43 }),
      svg('text', { x: at(mark.value), y: above ? 13 : 55, 'text-anchor': x < EDGE ? 'start' : x > 100 - EDGE ? 'end' : 'middle' },
        mark.label));
  });
  if (!spec.small) return root;
  root.querySelectorAll('text').forEach((text) => text.remove());
  const moved = svg('g', { transform: `translate(0 ${-SMALL_TOP})` }, ...root.childNodes);
  root.append(moved);
  return root;
}
