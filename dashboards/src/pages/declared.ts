// SPDX-License-Identifier: GPL-2.0-or-later
// The operators' own figures beside ours, and the gap.
import { everyFigure } from '../api';
import { axis, chart, legend, tooltip } from '../chart';
import { Child, h } from '../dom';
import { number, quantity } from '../format';
import { areaLabel, chooseIndicator, distinct, empty, interval, label, section } from '../parts';
import { pick, say, state } from '../state';
import { Theme } from '../theme';
import type { Figure } from '../types';

const who = (f: Figure): string => (f.operator === null ? areaLabel(f) : `${areaLabel(f)} · ${pick(f.operator_label_zh, f.operator_label_en)}`);

export function gap(f: Figure): string {
  if (f.value === null || f.declared_value === null) return '–';
  const difference = f.declared_value - f.value;
  const sign = difference > 0 ? '+' : difference < 0 ? '−' : '';
  const size = Math.abs(difference);
  return sign + (f.unit === '%' ? `${number(size, 1)} ${say('points')}` : quantity(f, size));
}

/** Declared within our interval: the two may both be right. */
function agrees(f: Figure): string {
  if (f.declared_value === null || f.lower === null || f.upper === null) return say('notComparable');
  return f.declared_value >= f.lower && f.declared_value <= f.upper ? say('withinInterval') : say('outsideInterval');
}

function option(of: Figure[], colours: Theme): Record<string, unknown> {
  const any = of[0]!;
  const marks = (symbol: string, colour: string, name: string, value: (f: Figure) => number | null) =>
    ({ name, type: 'scatter', symbol, symbolSize: 13, z: 5, itemStyle: symbol === 'diamond' ? { color: colours.ground, borderColor: colour, borderWidth: 2 } : { color: colour }, data: of.map((f, i) => [value(f), i]) });
  return {
    legend: legend(colours, [say('ours'), say('declaredFigure')]), grid: { left: 8, right: 28, top: 40, bottom: 8, containLabel: true },
    xAxis: axis(colours, { type: 'value', scale: true, axisLabel: { color: colours.soft, hideOverlap: true, formatter: (v: number) => quantity(any, v, 0) } }),
    yAxis: axis(colours, { type: 'category', inverse: true, data: of.map(who), axisLabel: { color: colours.soft, width: 150, overflow: 'break' } }),
    tooltip: tooltip((hit) => (hit as { seriesName: string; value: number[] }[]).map((p) => [p.seriesName, quantity(any, p.value[0] ?? null)]), { trigger: 'axis', axisPointer: { type: 'shadow', axis: 'y' } }),
    series: [marks('circle', colours.series[0]!, say('ours'), (f) => f.value), marks('diamond', colours.series[1]!, say('declaredFigure'), (f) => f.declared_value),
      { type: 'custom', silent: true, tooltip: { show: false }, data: of.map((f, i) => [f.lower ?? f.value, f.upper ?? f.value, i]), encode: { x: [0, 1], y: 2 },
        renderItem: (_: unknown, api: { value: (i: number) => number; coord: (p: number[]) => number[] }) => {
          const a = api.coord([api.value(0), api.value(2)]), b = api.coord([api.value(1), api.value(2)]);
          return { type: 'line', shape: { x1: a[0], y1: a[1], x2: b[0], y2: b[1] }, style: { stroke: colours.series[0], lineWidth: 2 } };
        } }],
  };
}

export async function declared(): Promise<Child[]> {
  const all = (await everyFigure()).figures.filter((f) => f.evidence !== 'declared' && !f.alternative && f.declared_value !== null);
  const choices = distinct(all);
  const chosen = choices.find((f) => f.indicator === state.parts[0]) ?? choices[0];
  if (!chosen) return [h('p', { class: 'note' }, say('declaredNote')), empty('noDeclared')];
  const of = all.filter((f) => f.indicator === chosen.indicator);
  return [
    chooseIndicator('declared', choices, chosen.indicator),
    section('beside', label(chosen), chart({
      title: label(chosen), note: say('declaredNote'), file: `declared-${chosen.indicator}`, height: 90 + 34 * of.length, summary: `${who(of[0]!)}: ${gap(of[0]!)}`,
      option: (colours) => option(of, colours),
      columns: [say('who'), { label: say('ours'), number: true }, { label: say('interval'), number: true }, { label: say('declaredFigure'), number: true }, { label: say('gap'), number: true }, say('agreement')],
      rows: of.map((f) => [who(f), quantity(f, f.value), interval(f), quantity(f, f.declared_value), gap(f), agrees(f)]),
    })),
  ];
}
