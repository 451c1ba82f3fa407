// SPDX-License-Identifier: GPL-2.0-or-later
// What the address says: /?lang=en&year=2017#/areas/ftth-share. Every page can be linked to.
import { en } from './en';
import { zh } from './zh';

export type Language = 'zh-CN' | 'en';
export type Word = keyof typeof zh;

export interface State {
  lang: Language;
  year: number;
  kiosk: boolean;
  page: string;
  parts: string[]; // what follows the page's name, decoded
}

const tables: Record<Language, Record<Word, string>> = { 'zh-CN': zh, en };

function remembered(): string | null {
  try { return localStorage.getItem('lang'); } catch { return null; }
}

export function thisYear(): number {
  return Number(new Intl.DateTimeFormat('en', { year: 'numeric', timeZone: 'Asia/Shanghai' }).format(new Date()));
}

function decode(part: string): string {
  try { return decodeURIComponent(part); } catch { return part; }
}

function read(): State {
  const query = new URLSearchParams(location.search);
  const wanted = query.get('lang') ?? remembered();
  const year = Number(query.get('year'));
  const parts = location.hash.replace(/^#\/?/, '').split('/').map(decode);
  return {
    lang: wanted === 'en' ? 'en' : 'zh-CN',
    year: Number.isInteger(year) && year >= 2000 && year <= thisYear() ? year : thisYear(),
    kiosk: query.get('kiosk') === '1',
    page: parts[0] || 'overview',
    parts: parts.slice(1),
  };
}

export let state: State = read();

export function readAddress(): State {
  state = read();
  return state;
}

/** The address of a page within the present language and year. */
export function link(...parts: string[]): string {
  return '#/' + parts.map(encodeURIComponent).join('/');
}

/** The present page in another language or year. */
export function linkWith(changes: { lang?: Language; year?: number }): string {
  const query = new URLSearchParams(location.search);
  if (changes.lang) query.set('lang', changes.lang);
  if (changes.year) query.set('year', String(changes.year));
  return `${location.pathname}?${query}${location.hash}`;
}

/** A text in the language that was chosen; {0}, {1} stand for the arguments. */
export function say(word: Word, ...values: (string | number)[]): string {
  return tables[state.lang][word].replace(/\{(\d)\}/g, (_, i: string) => String(values[Number(i)] ?? ''));
}

export const otherLanguage = (): Language => (state.lang === 'en' ? 'zh-CN' : 'en');

/** Of a pair of texts from the API, the one to read. */
export function pick(chinese: string | null, english: string | null): string {
  return (state.lang === 'en' ? english ?? chinese : chinese ?? english) ?? '';
}
export function pickOther(chinese: string | null, english: string | null): string {
  return (state.lang === 'en' ? chinese : english) ?? '';
}
