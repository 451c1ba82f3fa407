// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers, dates and units as the language writes them. Unknown is a dash, never 0.
import { pick, say, state } from './state';
import type { Figure } from './types';

export const DASH = '–';
const CITY_ZONE = 'Asia/Shanghai';

// A formatter costs as much as hundreds of its uses: each is made once.
const numbers = new Map<string, Intl.NumberFormat>();
const dates = new Map<string, Intl.DateTimeFormat>();

function numberFormat(least: number, most: number): Intl.NumberFormat {
  const key = `${state.lang} ${least} ${most}`;
  const known = numbers.get(key) ?? new Intl.NumberFormat(state.lang, { minimumFractionDigits: least, maximumFractionDigits: most });
  numbers.set(key, known);
  return known;
}

function dateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const style = state.lang === 'en' ? 'en-GB' : 'zh-CN';
  const key = style + JSON.stringify(options);
  const known = dates.get(key) ?? new Intl.DateTimeFormat(style, options);
  dates.set(key, known);
  return known;
}

export function number(value: number | null | undefined, decimals = 0): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return DASH;
  return numberFormat(decimals, decimals).format(value);
}

/** 0..1 as a percentage. */
export function share(value: number | null | undefined, decimals = 1): string {
  return value === null || value === undefined ? DASH : number(100 * value, decimals) + '%';
}

/** 61,234 with 6.12万 beside it, for the Chinese reader. */
export function wan(value: number | null): string {
  if (value === null || Math.abs(value) < 10000 || state.lang !== 'zh-CN') return '';
  return numberFormat(0, 2).format(value / 10000) + '万';
}

type Unit = Pick<Figure, 'unit' | 'unit_zh' | 'decimals'>;

export function unit(of: Unit): string {
  if (of.unit === 'count') return state.lang === 'zh-CN' ? of.unit_zh : '';
  return pick(of.unit_zh, of.unit);
}

/** As many decimals as it takes to see on which side of the target a value is. */
export function decimals(of: Unit, value: number | null, target?: number | null): number {
  let shown = of.unit === '%' ? Math.max(1, of.decimals) : of.decimals;
  if (value === null || target === null || target === undefined || value === target) return shown;
  while (shown < 6 && value.toFixed(shown) === target.toFixed(shown)) shown++;
  return shown;
}

/** A value of an indicator with its unit. */
export function quantity(of: Unit, value: number | null, places?: number): string {
  if (value === null) return DASH;
  const text = number(value, places ?? decimals(of, value));
  if (of.unit === '%') return text + '%';
  const name = unit(of);
  return name ? text + (state.lang === 'zh-CN' && /^[\u4e00-\u9fff]/.test(name) ? name : '\u00a0' + name) : text;
}

/** 达到 80% / at least 80%. */
export function demand(of: Unit, target: NonNullable<Figure['target']>): string {
  if (target.value === null) return say('noTargetSet');
  const places = Number.isInteger(target.value) ? 0 : undefined;
  return `${{ '>=': '≥', '>': '>', '=': '=' }[target.operator] ?? ''}\u00a0${quantity(of, target.value, places)}`;
}

const RATES: [number, string][] = [[1e12, 'Tbit/s'], [1e9, 'Gbit/s'], [1e6, 'Mbit/s'], [1e3, 'kbit/s'], [1, 'bit/s']];
export function rate(bits: number | null | undefined): string {
  if (bits === null || bits === undefined) return DASH;
  const [scale, name] = RATES.find(([s]) => Math.abs(bits) >= s) ?? [1, 'bit/s'];
  const value = bits / scale;
  return `${number(value, value < 10 ? 2 : value < 100 ? 1 : 0)}\u00a0${name}`;
}

/** A civil day; the API's "2017-12-31T24:00:00+08:00" is the end of the 31st. */
export function day(date: string | null, style: 'long' | 'medium' = 'long'): string {
  const parts = /^(\d{4})-(\d{2})-(\d{2})/.exec(date ?? '');
  if (!parts) return DASH;
  const utc = Date.UTC(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]));
  return dateFormat({ dateStyle: style, timeZone: 'UTC' }).format(utc);
}

export function time(value: string | number | null): string {
  if (value === null) return say('never');
  const at = typeof value === 'number' ? value * 1000 : Date.parse(value);
  return dateFormat({ dateStyle: 'medium', timeStyle: 'short', timeZone: CITY_ZONE }).format(at);
}

/** "42 seconds ago", in the language. */
export function ago(value: string | null, now = Date.now()): string {
  if (value === null) return say('never');
  const seconds = Math.max(0, (now - Date.parse(value)) / 1000);
  const steps: [number, Intl.RelativeTimeFormatUnit][] = [[86400, 'day'], [3600, 'hour'], [60, 'minute'], [1, 'second']];
  const [scale, name] = steps.find(([s]) => seconds >= s) ?? [1, 'second'];
  return new Intl.RelativeTimeFormat(state.lang, { numeric: 'always' }).format(-Math.floor(seconds / scale), name);
}
