// SPDX-License-Identifier: GPL-2.0-or-later
// An indicator over the years: what was found, how sure, the target, the pace that would reach it.
import { figures, trends as askTrends } from '../api';
import { axis, chart, legend, tooltip } from '../chart';
import { Child } from '../dom';
import { day, number, quantity } from '../format';
import { chooseIndicator, distinct, empty, gradeText, label, pace, section, verdictText } from '../parts';
import { say, state } from '../state';
import { inForce } from './overview';
import type { Theme } from '../theme';
import type { Figure, TrendPoint } from '../types';

/** A day as a fraction of years: 31 December 2017 is 2017, so that a year's label stands below its end. */
function at(date: string): number {
  const year = Number(date.slice(0, 4));
  const start = Date.UTC(year, 0, 1), end = Date.UTC(year, 11, 31);
  return year - 1 + (Date.parse(date.slice(0, 10) + 'T00:00:00Z') - start) / (end - start);
}
type Datum = [number, number | null];

/** One run a definition: the line is broken where what is counted has changed. */
function runs(points: TrendPoint[]): TrendPoint[][] {
  const all: TrendPoint[][] = [];
  for (const point of points.filter((p) => p.status !== 'revised')) {
    const last = all[all.length - 1];
    if (last && last[0]!.definition_version === point.definition_version) last.push(point);
    else all.push([point]);
  }
  return all;
}

interface Picture { figure: Figure; points: TrendPoint[]; targets: Figure[] }

const hollow = (colour: string, colours: Theme) => ({ color: colours.ground, borderColor: colour, borderWidth: 2, opacity: 1 });

function line(run: TrendPoint[], first: boolean, colours: Theme): object {
  return {
    name: say('figure'), type: 'line', z: 5, lineStyle: { width: 2.5, color: colours.series[0] },
    itemStyle: { color: colours.series[0] }, legendHoverLink: false, id: `run${run[0]!.definition_version}`,
    data: run.map((p) => ({ value: [at(p.date), p.value], symbolSize: p.of_year || p.status === 'provisional' ? 9 : 4, ...(p.status === 'final' ? { symbol: 'circle' } : { symbol: 'diamond', symbolSize: 12, itemStyle: hollow(colours.series[0]!, colours) }) })),
    ...(first ? {} : { markLine: change(run[0]!, colours) }),
  };
}

function change(from: TrendPoint, colours: Theme): object {
  return {
    symbol: 'none', silent: true, lineStyle: { color: colours.soft, type: 'dotted' },
    label: { formatter: say('definition', from.definition_version), color: colours.soft, position: 'insideStartTop', rotate: 0 },
    data: [{ xAxis: at(from.date) - 0.5 }],
  };
}

/** The interval, as a band between its lower and upper ends. */
function band(run: TrendPoint[], colours: Theme): object[] {
  const sure = run.filter((p) => p.lower !== null && p.upper !== null);
  const shared = { type: 'line', symbol: 'none', lineStyle: { opacity: 0 }, silent: true, stack: `band${run[0]!.definition_version}`, tooltip: { show: false } };
  return [
    { ...shared, name: '', data: sure.map((p): Datum => [at(p.date), p.lower]) },
    { ...shared, name: say('interval'), areaStyle: { color: colours.band }, itemStyle: { color: colours.band },
      data: sure.map((p): Datum => [at(p.date), p.upper! - p.lower!]) },
  ];
}

function targetsOf(picture: Picture): { date: string; value: number }[] {
  return picture.targets.flatMap((f) => (f.target?.date && f.target.value !== null ? [{ date: f.target.date, value: f.target.value }] : []));
}

/** From the first figure straight to each target: our interpolation, since a plan sets no other years. */
function paceLine(picture: Picture): Datum[] {
  const first = picture.points.find((p) => p.value !== null && p.status !== 'revised');
  const ahead = targetsOf(picture).filter((t) => first && t.date > first.date);
  return first && ahead.length ? [[at(first.date), first.value], ...ahead.map((t): Datum => [at(t.date), t.value])] : [];
}

/** What is asked until when: each value holds up to its date, the last one from then on. */
function targetSteps(picture: Picture): object[] {
  const targets = targetsOf(picture);
  const dates = picture.points.map((p) => at(p.date));
  if (targets.length === 0) return [];
  const mark = (x: number, value: number) => ({ value: [x, value], symbolSize: 9 });
  const first = targets[0]!, last = targets[targets.length - 1]!;
  return [
    { value: [Math.min(at(first.date), ...dates), first.value], symbolSize: 0 },
    ...targets.map((t) => mark(at(t.date), t.value)),
    { value: [Math.max(at(last.date), ...dates), last.value], symbolSize: 0 },
  ];
}

/** From what was known at the figure's day straight to where the forecast sees the last target's. In
 * a past year it stands beside what came. */
function forecast(picture: Picture, colours: Theme): object[] {
  const { figure } = picture;
  const last = picture.points.filter((p) => p.status !== 'revised' && p.value !== null && p.date <= figure.instant.slice(0, 10)).pop();
  const goal = targetsOf(picture).pop();
  if (!last || !goal || goal.date <= last.date || figure.forecast === null || figure.forecast === undefined) return [];
  const ends = { lower: figure.forecast_lower ?? figure.forecast, upper: figure.forecast_upper ?? figure.forecast };
  const from = at(last.date), to = at(goal.date);
  const shared = { type: 'line', symbol: 'none', silent: true, stack: 'forecast', lineStyle: { opacity: 0 } };
  return [
    { ...shared, name: '', data: [[from, last.value], [to, ends.lower]] },
    { ...shared, name: '', areaStyle: { color: colours.series[2], opacity: 0.25 }, data: [[from, 0], [to, ends.upper - ends.lower]] },
    { name: say('forecast'), type: 'line', symbol: 'none', silent: true, lineStyle: { type: 'dotted', width: 2, color: colours.series[2] }, itemStyle: { color: colours.series[2] },
      data: [[from, last.value], [to, figure.forecast]] },
  ];
}

function option(picture: Picture, colours: Theme): Record<string, unknown> {
  const { figure, points } = picture;
  const pace = paceLine(picture);
  const parts = runs(points);
  const revised = points.filter((p) => p.status === 'revised');
  const ahead = forecast(picture, colours);
  const write = (value: unknown) => quantity(figure, typeof value === 'number' ? value : null);
  const shown = [say('figure'), say('interval'), say('targetLine'), ...(pace.length ? [say('paceLine')] : []), ...(ahead.length ? [say('forecast')] : []), ...(revised.length ? [say('revisedPoint')] : [])];
  return {
    legend: legend(colours, shown), grid: { left: 8, right: 24, top: 80, bottom: 8, containLabel: true },
    xAxis: axis(colours, { type: 'value', scale: true, minInterval: 1, axisLabel: { color: colours.soft, hideOverlap: true, formatter: (v: number) => (Number.isInteger(v) ? say('endOf', v) : '') }, splitLine: { show: false } }),
    yAxis: axis(colours, { type: 'value', scale: true, axisLabel: { color: colours.soft, formatter: (v: number) => quantity(figure, v, Number.isInteger(v) ? 0 : 1) } }),
    tooltip: tooltip((hit) => [hit as { seriesName: string; value: Datum }].filter((p) => p.seriesName && p.seriesName !== say('interval') && p.value)
      .map((p) => [`${p.seriesName} ${say('endOf', number(p.value[0], Number.isInteger(p.value[0]) ? 0 : 1).replace(/,/g, ''))}`, write(p.value[1])]), { trigger: 'item' }),
    series: [
      ...parts.flatMap((run) => band(run, colours)),
      ...parts.map((run, i) => line(run, i === 0, colours)),
      { name: say('targetLine'), type: 'line', step: 'start', symbol: 'rect', z: 4, lineStyle: { color: colours.ink, width: 1.5 }, itemStyle: { color: colours.ink },
        data: targetSteps(picture) },
      { name: say('paceLine'), type: 'line', symbol: 'none', lineStyle: { type: 'dashed', color: colours.series[1] }, itemStyle: { color: colours.series[1] }, data: pace },
      { name: say('revisedPoint'), type: 'scatter', symbol: 'circle', symbolSize: 12, z: 6, itemStyle: hollow(colours.series[3]!, colours),
        data: revised.map((p): Datum => [at(p.date), p.value]) },
      ...ahead,
    ],
  };
}

const STATUS = { provisional: 'provisional', final: 'final', revised: 'revised' } as const;

function row(figure: Figure, p: TrendPoint): Child[] {
  const range = p.lower === null || p.upper === null ? '–' : `${quantity(figure, p.lower)} … ${quantity(figure, p.upper)}`;
  return [day(p.date), quantity(figure, p.value), range, say(STATUS[p.status]), p.status === 'revised' ? '–' : verdictText(p.verdict),
    gradeText(p), String(p.definition_version), p.reason ?? ''];
}

export async function trends(): Promise<Child[]> {
  const all = (await figures()).figures.filter((f) => f.operator === null && !f.alternative);
  const choices = distinct(all);
  const figure = choices.find((f) => f.indicator === state.parts[0]) ?? choices[0];
  if (!figure) return [empty('noFigures')];
  const points = await askTrends(figure.indicator);
  const picture: Picture = { figure: inForce(all.filter((f) => f.indicator === figure.indicator)), points, targets: all.filter((f) => f.indicator === figure.indicator) };
  const last = points.filter((p) => p.status !== 'revised' && p.value !== null).pop();
  return [
    chooseIndicator('trends', choices, figure.indicator),
    section('trend', label(figure),
      pace(inForce(all.filter((f) => f.indicator === figure.indicator))),
      last ? chart({
        title: label(figure), file: `trend-${figure.indicator}`, height: 380, note: say('trendNote'),
        summary: `${day(last.date)}: ${quantity(figure, last.value)}`,
        option: (colours) => option(picture, colours),
        columns: [say('date'), { label: say('figure'), number: true }, { label: say('interval'), number: true }, say('state'), say('verdict'), say('grade'), say('definitionVersion'), say('reason')],
        rows: points.map((p) => row(figure, p)),
      }) : empty('noHistory')),
  ];
}
