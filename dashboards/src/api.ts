// SPDX-License-Identifier: GPL-2.0-or-later
// Questions to the collector. An answer is used again for a few seconds, so that a page may ask in
// several places; the browser asks anew with the ETag.
import { state } from './state';
import type {
  Alert, Area, Completeness, Figures, Indicator, Nodes, Operator, Plan, Points, Probe, Quality, Quarantine, Series, TrendPoint, Viewer,
} from './types';

const KEPT_MS = 5000;
const kept = new Map<string, { at: number; answer: Promise<Answer> }>();

interface Answer { json: unknown; etag: string | null; text: string }

export class ApiError extends Error {
  constructor(readonly status: number, message: string) { super(message); }
}

async function fetchAnswer(path: string): Promise<Answer> {
  const response = await fetch(path, { headers: { Accept: 'application/json' } });
  const text = await response.text();
  if (!response.ok) {
    let detail = response.statusText;
    try { detail = (JSON.parse(text) as { detail?: string }).detail ?? detail; } catch { /* not a problem document */ }
    throw new ApiError(response.status, detail);
  }
  return { json: JSON.parse(text), etag: response.headers.get('ETag'), text };
}

function ask(path: string): Promise<Answer> {
  const now = Date.now();
  const known = kept.get(path);
  if (known && now - known.at < KEPT_MS) return known.answer;
  const answer = fetchAnswer(path);
  kept.set(path, { at: now, answer });
  answer.catch(() => kept.delete(path));
  if (kept.size > 64) for (const [key, entry] of kept) if (now - entry.at > KEPT_MS) kept.delete(key);
  return answer;
}

async function get<T>(path: string): Promise<T> {
  return (await ask(path)).json as T;
}

const CITY = () => `/api/v1/figures?year=${state.year}&all_targets=true`;

export const figures = () => get<Figures>(CITY());
export const everyFigure = () => get<Figures>(`/api/v1/figures?year=${state.year}&area=all&operator=all`);
export const plan = () => get<Plan>('/api/v1/plan');
export const indicators = async () => (await get<{ indicators: Indicator[] }>('/api/v1/indicators')).indicators;
export const areas = async () => (await get<{ areas: Area[] }>('/api/v1/areas')).areas;
export const operators = async () => (await get<{ operators: Operator[] }>('/api/v1/operators')).operators;
export const trends = async (indicator: string) =>
  (await get<{ points: TrendPoint[] }>(`/api/v1/trends?indicator=${encodeURIComponent(indicator)}`)).points;
export const nodes = () => get<Nodes>(`/api/v1/nodes?year=${state.year}`);
export const quality = () => get<{ last_day: string; quality: Quality[] }>(`/api/v1/quality?year=${state.year}&area=all`);
export const series = async (kind?: Series['kind']) =>
  (await get<{ series: Series[] }>(`/api/v1/series${kind ? `?kind=${kind}` : ''}`)).series;
export const points = (id: number, from: number, to: number, step: number) =>
  get<Points>(`/api/v1/points?series=${id}&from=${from}&to=${to}&step=${step}`);
export const probes = async () => (await get<{ probes: Probe[] }>('/api/v1/probes')).probes;
export const completeness = () => get<Completeness>('/api/v1/completeness');
export const alerts = async () => (await get<{ alerts: Alert[] }>('/api/v1/alerts')).alerts;
export const viewer = () => get<Viewer>('/api/v1/viewer');
export const quarantine = () => get<Quarantine>('/api/v1/quarantine');

/** What names the very figures of the page: the SHA-256 of the answer where the browser lends it
 * (https or loopback), else the answer's ETag. */
export async function checksum(): Promise<string> {
  const answer = await ask(CITY());
  if (!globalThis.crypto?.subtle) return `ETag ${answer.etag ?? '?'}`;
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(answer.text));
  return 'SHA-256 ' + [...new Uint8Array(digest)].map((b) => b.toString(16).padStart(2, '0')).join('');
}
