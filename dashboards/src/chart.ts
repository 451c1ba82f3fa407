// SPDX-License-Identifier: GPL-2.0-or-later
// A chart of ECharts with its heading, its table, and its pictures to save.
import { save, saveSvg } from './download';
import { Child, h, visible } from './dom';
import { say } from './state';
import { foldedTable, Column, Row } from './table';
import { FONT, onThemeChange, Theme, theme } from './theme';
import type { EChartsCoreOption } from './echarts';

export interface ChartSpec {
  title: string;
  summary: string; // what a reader who does not see the chart must know
  note?: Child;
  height?: number;
  file: string;
  option: (theme: Theme) => EChartsCoreOption;
  columns: (Column | string)[];
  rows: Row[];
  drawn?: (milliseconds: number) => void;
}

interface Live { redraw: () => void; resize: () => void; dispose: () => void; box: HTMLElement }
let live: Live[] = [];

onThemeChange(() => live.forEach((chart) => chart.redraw()));
const watcher = new ResizeObserver((entries) => {
  for (const entry of entries) live.find((chart) => chart.box === entry.target)?.resize();
});

/** Before another page is shown. */
export function disposeCharts(): void {
  for (const chart of live) { watcher.unobserve(chart.box); chart.dispose(); }
  live = [];
}

/** Text, axes and grid as every chart has them. */
function complete(option: EChartsCoreOption, colours: Theme): EChartsCoreOption {
  return { animation: false, color: colours.series, textStyle: { fontFamily: FONT, color: colours.ink }, ...option };
}

export function axis(colours: Theme, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    axisLine: { lineStyle: { color: colours.soft } }, axisTick: { lineStyle: { color: colours.soft } },
    axisLabel: { color: colours.soft, hideOverlap: true }, nameTextStyle: { color: colours.soft },
    splitLine: { lineStyle: { color: colours.line } }, ...more,
  };
}

export function legend(colours: Theme, data?: string[]): Record<string, unknown> {
  return { top: 0, left: 0, type: 'plain', textStyle: { color: colours.ink }, itemWidth: 22, data };
}

/** A tooltip of text alone: lines of pairs, made as elements. */
export function tooltip(lines: (at: unknown) => [string, string][], more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    confine: true, trigger: 'axis', className: 'tip', borderWidth: 0, padding: 0, transitionDuration: 0,
    formatter: (at: unknown) => h('dl', { class: 'tip-lines' },
      lines(at).map(([label, value]) => [h('dt', null, visible(label)), h('dd', null, visible(value))])),
    ...more,
  };
}

/** Charts that were made, and are drawn as soon as they stand in the page: before, they have no size. */
const waiting = new Map<HTMLElement, ChartSpec>();

function drawShown(): void {
  for (const [box, spec] of waiting) {
    if (!box.isConnected) continue;
    waiting.delete(box);
    void draw(box, spec);
  }
}

/** Once a page is shown: whatever still waits was of a page that was left while it loaded. */
export function drawCharts(): void {
  drawShown();
  waiting.clear();
}

async function draw(box: HTMLElement, spec: ChartSpec): Promise<void> {
  const { echarts } = await import('./echarts');
  if (!box.isConnected) return;
  const started = performance.now();
  const chart = echarts.init(box, null, { renderer: 'canvas' });
  const redraw = () => chart.setOption(complete(spec.option(theme()), theme()), true);
  redraw();
  chart.getZr().flush();
  spec.drawn?.(performance.now() - started);
  live.push({ box, redraw, resize: () => chart.resize(), dispose: () => chart.dispose() });
  watcher.observe(box);
  box.dataset.drawn = String(Math.round(performance.now() - started));
}

async function savePicture(box: HTMLElement, spec: ChartSpec, kind: 'png' | 'svg'): Promise<void> {
  const { echarts } = await import('./echarts');
  const colours = theme();
  const option = { ...complete(spec.option(colours), colours), backgroundColor: colours.ground };
  if (kind === 'svg') {
    const { toSvg } = await import('./echarts-svg');
    saveSvg(toSvg(option, box.clientWidth, box.clientHeight), spec.file);
    return;
  }
  const canvas = echarts.getInstanceByDom(box)?.renderToCanvas({ pixelRatio: 2, backgroundColor: colours.ground });
  canvas?.toBlob((blob) => blob && save(blob, spec.file + '.png'), 'image/png');
}

export function pictureButtons(onSave: (kind: 'png' | 'svg') => void, title: string): HTMLElement {
  const button = (kind: 'png' | 'svg') => h('button', {
    type: 'button', class: 'small', 'aria-label': say('savePicture', kind.toUpperCase(), title), click: () => onSave(kind),
  }, kind.toUpperCase());
  return h('span', { class: 'pictures' }, button('png'), button('svg'));
}

export function chart(spec: ChartSpec): HTMLElement {
  const box = h('div', { class: 'canvas', role: 'img', 'aria-label': `${spec.title}. ${spec.summary}` });
  box.style.height = `${spec.height ?? 320}px`;
  waiting.set(box, spec);
  requestAnimationFrame(drawShown); // for one that is put into a page which is shown already
  return h('figure', { class: 'card' },
    h('figcaption', null, h('strong', null, spec.title),
      pictureButtons((kind) => void savePicture(box, spec, kind), spec.title)),
    spec.note && h('p', { class: 'note' }, spec.note),
    box,
    foldedTable(spec.title, spec.columns, spec.rows));
}
