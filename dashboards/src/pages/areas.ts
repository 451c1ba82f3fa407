// SPDX-License-Identifier: GPL-2.0-or-later
// Equal tiles, one indicator at a time. No boundary is drawn that nobody has approved; who has
// approved ones can lay them under the figures, in his own browser.
import { areas as askAreas, everyFigure, figures } from '../api';
import { drawMap, mapHook } from '../map';
import { Child, h, svg } from '../dom';
import { quantity, share } from '../format';
import { areaLabel, chooseIndicator, distinct, empty, gradeText, interval, label, section, valueOf } from '../parts';
import { savePng, saveSvg, standalone } from '../download';
import { pictureButtons } from '../chart';
import { link, say, state } from '../state';
import { table } from '../table';
import type { Area, Figure } from '../types';

/** Five steps of one colour between the smallest and largest figure; darker is more. -1: no value. */
export function stepOf(value: number | null, all: (number | null)[]): number {
  const known = all.filter((v): v is number => v !== null);
  if (value === null || known.length === 0) return -1;
  const least = Math.min(...known), most = Math.max(...known);
  return most > least ? Math.min(4, Math.floor((5 * (value - least)) / (most - least))) : 2;
}

const WIDTH = 184, HEIGHT = 132, GAP = 10, LINE = 20;
const WIDE_MAX = 17; // half-widths of a line of a tile's name

const width = (text: string): number => [...text].reduce((sum, c) => sum + (c > '\u2e7f' ? 2 : 1), 0);

/** A name in at most two lines, broken between words. */
export function inLines(name: string): string[] {
  if (width(name) <= WIDE_MAX) return [name];
  const words = name.split(' ');
  let cut = words.length - 1;
  while (cut > 1 && width(words.slice(0, cut).join(' ')) > WIDE_MAX) cut--;
  return [words.slice(0, cut).join(' '), words.slice(cut).join(' ')].filter(Boolean);
}

function tile(area: Area, figure: Figure | undefined, step: number, x: number, y: number): SVGElement {
  const name = area.label[state.lang];
  const value = figure && figure.value !== null ? quantity(figure, figure.value) : say('notAssessable');
  const fits = width(value) <= 10;
  const body = svg('g', { class: step < 0 ? 'tile unknown' : `tile step${step}`, transform: `translate(${x} ${y})` },
    svg('rect', { width: WIDTH, height: HEIGHT, rx: 8 }),
    step < 0 && svg('rect', { width: WIDTH, height: HEIGHT, rx: 8, fill: 'url(#hatch)', class: 'hatch' }),
    inLines(name).map((line, i) => svg('text', { class: 'tile-name', x: 12, y: 26 + i * LINE }, line)),
    svg('text', { class: step < 0 || !fits ? 'tile-none' : 'tile-value', x: 12, y: 86 }, value),
    svg('text', { class: 'tile-grade', x: 12, y: 116 }, `${say('grade')} ${figure ? gradeText(figure) : '–'}`));
  return svg('a', { href: link('places', area.key) }, body);
}

function hatch(): SVGElement {
  return svg('defs', null, svg('pattern', { id: 'hatch', width: 8, height: 8, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
    svg('line', { x1: 0, y1: 0, x2: 0, y2: 8, class: 'hatch-line' })));
}

function tiles(areas: Area[], of: Figure[], columns: number): SVGSVGElement {
  const values = areas.map((a) => of.find((f) => f.area === a.key)?.value ?? null);
  const rows = Math.ceil(areas.length / columns);
  const width = columns * (WIDTH + GAP) - GAP, height = rows * (HEIGHT + GAP) - GAP;
  return svg('svg', { class: 'tiles', viewBox: `0 0 ${width} ${height}`, role: 'group', 'aria-label': say('areas') }, hatch(),
    areas.map((area, i) => tile(area, of.find((f) => f.area === area.key), stepOf(values[i]!, values),
      (i % columns) * (WIDTH + GAP), Math.floor(i / columns) * (HEIGHT + GAP))));
}

function scale(of: Figure[], any: Figure): HTMLElement {
  const known = of.map((f) => f.value).filter((v): v is number => v !== null);
  const least = Math.min(...known), most = Math.max(...known);
  const steps = known.length === 0 || most === least ? [] : [0, 1, 2, 3, 4];
  return h('ul', { class: 'scale', 'aria-label': say('scale') },
    steps.map((s) => h('li', null, h('span', { class: `swatch step${s}` }),
      `${quantity(any, least + (s * (most - least)) / 5)} – ${quantity(any, least + ((s + 1) * (most - least)) / 5)}`)),
    h('li', null, h('span', { class: 'swatch unknown' }), say('notAssessable')));
}

function cityLine(of: Figure | undefined): Child {
  return of && h('p', { class: 'city-line' }, h('strong', null, areaLabel(of)), ' ', valueOf(of),
    of.lower !== null && ` · ${say('interval')} ${interval(of)}`);
}

function row(figure: Figure): Child[] {
  return [h('a', { href: link('places', figure.area) }, areaLabel(figure)), valueOf(figure), interval(figure), gradeText(figure),
    share(figure.coverage), share(figure.completeness)];
}

export async function areas(): Promise<Child[]> {
  const [all, city, every] = await Promise.all([everyFigure(), figures(), askAreas()]);
  const ofAreas = all.figures.filter((f) => f.operator === null && !f.alternative && every.find((a) => a.key === f.area)?.parent);
  const choices = distinct(ofAreas);
  const chosen = choices.find((f) => f.indicator === state.parts[0]) ?? choices[0];
  if (!chosen) return [empty('noAreaFigures')];
  const of = ofAreas.filter((f) => f.indicator === chosen.indicator);
  const reporting = every.filter((a) => a.reporting);
  const picture = tiles(reporting, of, innerWidth < 600 ? 2 : 4);
  const file = `areas-${chosen.indicator}`;
  const box = picture.viewBox.baseVal;
  const onSave = (kind: 'png' | 'svg') => {
    const text = standalone(picture, box.width, box.height);
    if (kind === 'svg') saveSvg(text, file);
    else void savePng(text, box.width, box.height, file);
  };
  const cityFigure = city.figures.find((f) => f.indicator === chosen.indicator);
  const place = h('div', { class: 'map' });
  return [
    chooseIndicator('areas', choices, chosen.indicator),
    section('tiles', label(chosen),
      cityLine(cityFigure), h('p', { class: 'note' }, say('areasNote')),
      h('figure', { class: 'card' }, h('figcaption', null, h('strong', null, label(chosen)), pictureButtons(onSave, label(chosen))),
        picture, place, scale(of, chosen), mapHook((shape) => drawMap(place, shape, reporting, of))),
      table(label(chosen), [say('area'), { label: say('actual'), number: true }, { label: say('interval'), number: true }, say('grade'),
        { label: say('coverage'), number: true }, { label: say('completeness'), number: true }], of.map(row))),
  ];
}
