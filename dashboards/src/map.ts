// SPDX-License-Identifier: GPL-2.0-or-later
// The hook for a map: a GeoJSON file (RFC 7946) of the reader's own, whose features carry the area's
// key as properties.key. It is read in the browser, shown, and kept nowhere.
import { h, replace, svg, visible } from './dom';
import { quantity } from './format';
import { link, say, state } from './state';
import { stepOf } from './pages/areas';
import type { Area, Figure } from './types';

type Ring = [number, number][];
export interface Shape { key: string; rings: Ring[] }

const BYTES_MAX = 20e6;

function ring(value: unknown): Ring | null {
  if (!Array.isArray(value)) return null;
  const points = value.filter((p): p is [number, number] => Array.isArray(p) && Number.isFinite(p[0]) && Number.isFinite(p[1]));
  return points.length >= 4 && points.length === value.length ? points : null;
}

/** The polygons of a GeoJSON text; null when it is none. */
export function readShapes(text: string): Shape[] | null {
  let document: { features?: unknown };
  try { document = JSON.parse(text) as typeof document; } catch { return null; }
  if (!Array.isArray(document?.features)) return null;
  const shapes: Shape[] = [];
  for (const feature of document.features as { properties?: { key?: unknown }; geometry?: { type?: string; coordinates?: unknown } }[]) {
    const parts = feature?.geometry?.type === 'MultiPolygon' ? feature.geometry.coordinates
      : feature?.geometry?.type === 'Polygon' ? [feature.geometry.coordinates] : null;
    if (!Array.isArray(parts)) continue;
    const rings = parts.flatMap((polygon) => (Array.isArray(polygon) ? polygon.map(ring) : [])).filter((r): r is Ring => r !== null);
    if (rings.length) shapes.push({ key: String(feature.properties?.key ?? ''), rings });
  }
  return shapes.length ? shapes : null;
}

const WIDTH = 720;

export function drawMap(place: Element, shapes: Shape[], areas: Area[], of: Figure[]): void {
  const points = shapes.flatMap((s) => s.rings.flat());
  const [west, east] = [Math.min(...points.map((p) => p[0])), Math.max(...points.map((p) => p[0]))];
  const [south, north] = [Math.min(...points.map((p) => p[1])), Math.max(...points.map((p) => p[1]))];
  const squeeze = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const scale = WIDTH / ((east - west) * squeeze || 1);
  const at = ([x, y]: [number, number]) => `${((x - west) * squeeze * scale).toFixed(1)} ${((north - y) * scale).toFixed(1)}`;
  const values = areas.map((a) => of.find((f) => f.area === a.key)?.value ?? null);
  replace(place, svg('svg', { class: 'tiles', viewBox: `0 0 ${WIDTH} ${Math.ceil((north - south) * scale) || 1}`, role: 'group', 'aria-label': say('map') },
    shapes.map((shape) => {
      const area = areas.find((a) => a.key === shape.key);
      const figure = of.find((f) => f.area === shape.key);
      const step = stepOf(figure?.value ?? null, values);
      const value = figure && figure.value !== null ? quantity(figure, figure.value) : say('notAssessable');
      const text = `${area ? area.label[state.lang] : visible(shape.key)}: ${value}`;
      const path = svg('path', { class: step < 0 ? 'tile unknown' : `tile step${step}`, 'fill-rule': 'evenodd',
        d: shape.rings.map((r) => `M${r.map(at).join('L')}Z`).join('') }, svg('title', null, text));
      return area ? svg('a', { href: link('places', area.key), 'aria-label': text }, path) : path;
    })));
}

export function mapHook(show: (shapes: Shape[]) => void): HTMLElement {
  const answer = h('span', { class: 'note', role: 'status' });
  const input = h('input', { type: 'file', accept: '.geojson,.json,application/geo+json', change: () => void take() });
  async function take(): Promise<void> {
    const file = input.files?.[0];
    if (!file) return;
    const shapes = file.size <= BYTES_MAX ? readShapes(await file.text()) : null;
    replace(answer, shapes ? '' : say('mapRefused'));
    if (shapes) show(shapes);
  }
  return h('details', { class: 'map-hook' }, h('summary', null, say('mapHook')),
    h('p', { class: 'note' }, say('mapNote')), h('label', null, say('mapFile'), ' ', input), ' ', answer);
}
