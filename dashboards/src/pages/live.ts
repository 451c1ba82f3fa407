// SPDX-License-Identifier: GPL-2.0-or-later
// Which probes report now, and what is wrong. Renewed every ten seconds while somebody looks.
import { alerts as askAlerts, areas as askAreas, operators as askOperators, probes as askProbes } from '../api';
import { Child, h, name } from '../dom';
import { ago, number, share } from '../format';
import { Names, section } from '../parts';
import { link, pick, say, Word } from '../state';
import { table } from '../table';
import type { Alert, Probe } from '../types';

const STATE: Record<Probe['state'], [Word, string, string]> = {
  reporting: ['stateReporting', 'met', '●'], silent: ['stateSilent', 'not-met', '○'], 'never-heard': ['stateNever', 'not-set', '–'],
};

export function probeState(of: Probe['state']): HTMLElement {
  const [word, kind, sign] = STATE[of];
  return h('span', { class: `verdict ${kind}` }, h('span', { 'aria-hidden': 'true' }, `${sign} `), say(word));
}

export function alertTable(alerts: Alert[], names: Names): HTMLElement {
  if (alerts.length === 0) return h('p', { class: 'empty' }, say('noAlerts'));
  return table(say('alerts'), [say('probe'), say('operator'), say('alert'), say('since')],
    alerts.map((a) => [name(a.probe), names.operator(a.operator), pick(a.summary_zh, a.summary_en), ago(a.since)]));
}

export async function live(): Promise<Child[]> {
  const [probes, alerts, areas, operators] = await Promise.all([askProbes(), askAlerts(), askAreas(), askOperators()]);
  const names = new Names(areas, operators);
  const states = Object.keys(STATE) as Probe['state'][];
  return [
    section('live', say('pageLive'),
      h('ul', { class: 'summary' }, states.map((s) => h('li', { class: STATE[s][1] },
        h('strong', null, String(probes.filter((p) => p.state === s).length)), say(STATE[s][0])))),
      probes.length === 0 ? h('p', { class: 'empty' }, say('noProbes')) : table(say('probes'),
        [say('probe'), say('operator'), say('state'), say('lastReport'), { label: say('arrivedOfExpected'), number: true }, { label: say('captureCoverage'), number: true }, say('version')],
        probes.map((p) => [h('a', { href: link('probe', p.operator, p.probe) }, name(p.probe)), names.operator(p.operator), probeState(p.state), ago(p.last_arrived),
          p.expected_intervals ? `${number(p.arrived_intervals)} / ${number(p.expected_intervals)}` : say('unknown'), share(p.capture_coverage), p.agent_version ? name(p.agent_version) : say('unknown')]))),
    section('alerts', say('alerts'), alertTable(alerts, names)),
  ];
}
