// SPDX-License-Identifier: GPL-2.0-or-later
// What /api/v1 answers (collector/http/openapi.json). Unknown is null.

export type Verdict = 'MET' | 'NOT_MET' | 'INSUFFICIENT_EVIDENCE' | 'NOT_SET';

export interface Target {
  date: string | null;
  value: number | null;
  operator: string;
  status: 'stated' | 'carried-forward' | 'not-stated' | 'undated';
  clause: string;
}

export interface Figure {
  indicator: string; label_zh: string; label_en: string;
  unit: string; unit_zh: string; decimals: number;
  responsible_zh: string | null; responsible_en: string | null;
  note_zh: string | null; note_en: string | null;
  target: Target | null;
  area: string; area_label_zh: string; area_label_en: string;
  operator: string | null; operator_label_zh: string | null; operator_label_en: string | null;
  instant: string; provisional: boolean; due: boolean;
  evidence: 'measured' | 'derived' | 'declared';
  basis: string;
  value: number | null; lower: number | null; upper: number | null;
  numerator: number | null; denominator: number | null;
  numerator_name: string | null; denominator_name: string | null;
  denominator_date: string | null; denominator_vintage: string | null;
  source: string | null;
  coverage: number | null; completeness: number | null; unclassified: number | null;
  effective_sample_size: number | null;
  declared_value: number | null;
  flagged: boolean;
  grade: string | null;
  verdict: Verdict; verdict_zh: string; verdict_en: string;
  reason_zh: string | null; reason_en: string | null;
  definition_version: number;
  definition_label_zh?: string; definition_label_en?: string;
  alternative?: boolean; // another definition, shown beside the default one and never judged
  withheld?: boolean; // too few to be published
  // On the way to the target; unknown without a history.
  pace?: 'on-pace' | 'off-pace' | 'not-assessable'; pace_zh?: string; pace_en?: string;
  pace_reason_zh?: string | null; pace_reason_en?: string | null;
  needed_per_year?: number | null; achieved_per_year?: number | null; linear_path?: number | null;
  forecast?: number | null; forecast_lower?: number | null; forecast_upper?: number | null;
}
export interface Figures {
  plan: string; document: string; year: number; instant: string; provisional: boolean;
  method_version: string; figures: Figure[];
}

export interface Label { 'zh-CN': string; en: string }
export interface Viewer { login: boolean; account: string | null; role: string | null; operator: string | null; csrf: string | null }
export interface Plan { id: string; title: Label; document: string }
export interface Indicator {
  id: string; label: Label; unit: string; unit_zh?: string; definition_version: number;
  numerator: string | null; denominator: string | null; targets: Target[];
  [key: string]: unknown;
}
/** Milliseconds of completed TCP handshakes. */
export interface Rtt { handshakes: number | null; p50_ms: number | null; p95_ms: number | null }
export interface Quality {
  area: string; class: string | null; days: number | null; external_rtt: Rtt; internal_rtt: Rtt;
  tcp_segments: number | null; retransmitted_share: number | null;
  withheld: boolean; reason_zh: string | null; reason_en: string | null; // it would give away the only other operator
}
export interface Area { key: string; label: Label; type: string; parent: string | null; reporting: boolean }
export interface Operator { key: string; label: Label; has_lines: boolean }

export interface TrendPoint {
  indicator: string; date: string; of_year: boolean; value: number | null; lower: number | null; upper: number | null;
  status: 'provisional' | 'final' | 'revised'; verdict: Verdict; grade: string | null;
  definition_version: number; reason: string | null;
}

export interface NodeLines {
  technology: string; provisioned: number | null; active: number | null; seen: number; registered: number | null;
}
interface Place { operator: string; node: string; area: string | null }
export interface AccessNode extends Place {
  settlement: string; residence: string; reported: boolean; registered: boolean;
  last_day: string | null; lines: NodeLines[];
}
export interface Controller extends Place {
  reported: boolean; registered: boolean; registered_wtps: number | null;
  configured: number | null; run: number | null; present: number;
}
export interface Interface extends Place {
  interface: string; role: string; capacity_mbit_s: number | null; up: boolean; samples: number;
  p95_in_bit_s: number | null; p95_out_bit_s: number | null;
}
export interface Nodes { year: number; nodes: AccessNode[]; controllers: Controller[]; interfaces: Interface[] }

export interface Series {
  series: number; kind: 'traffic' | 'lines' | 'wlan' | 'interface' | 'probe';
  operator: string; probe: string; node: string | null; interface: string | null;
  technology: string | null; step_s: number; sources: { name: string; unit: string }[];
}
export interface Points { series: number; from: number; step_s: number; values: (number | null)[][] }

export interface Probe {
  operator: string; probe: string; agent_version: string | null;
  state: 'never-heard' | 'reporting' | 'silent';
  last_arrived: string | null; last_interval_start: string | null; interval_s: number;
  reports: number; refused: number; gap_intervals: number;
  expected_intervals: number | null; arrived_intervals: number | null;
  capture_coverage: number | null; packets: number | null; dropped_packets: number | null;
}
export interface Gap { from: string; to: string; intervals: number; reason: string }
export interface ProbeCompleteness {
  operator: string; probe: string; expected: number; arrived: number; completeness: number | null;
  untrusted_clock: number; missing: Record<string, number>; gaps_found: number; gaps: Gap[];
}
export interface Completeness { from: string; to: string; probes: ProbeCompleteness[] }
export interface Alert {
  alert: string; operator: string; probe: string; since: string; value: number;
  summary_zh: string; summary_en: string;
}
export interface Quarantine { reports: number; faults: { fault: string; reports: number; last: string | null }[] }
