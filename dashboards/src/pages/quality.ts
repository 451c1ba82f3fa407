// SPDX-License-Identifier: GPL-2.0-or-later
// How the network feels: round-trip time and retransmission by area, where the indicators say it.
import { everyFigure } from '../api';
import { Child, h } from '../dom';
import { share } from '../format';
import { areaLabel, distinct, empty, gradeText, interval, label, section, valueOf } from '../parts';
import { link, say } from '../state';
import { table } from '../table';
import type { Figure } from '../types';

const QUALITY = /latency|rtt|retransmi|loss|availability|offload|cross-border|achieved/;

function one(of: Figure[]): HTMLElement {
  const first = of[0]!;
  return section(first.indicator, label(first), table(label(first),
    [say('area'), { label: say('actual'), number: true }, { label: say('interval'), number: true }, say('grade'), { label: say('coverage'), number: true }],
    of.map((f) => [h('a', { href: link('places', f.area) }, areaLabel(f)), valueOf(f), interval(f), gradeText(f), share(f.coverage)])));
}

export async function quality(): Promise<Child[]> {
  const all = (await everyFigure()).figures.filter((f) => f.operator === null && !f.alternative && QUALITY.test(f.indicator));
  return [
    h('p', { class: 'note' }, say('qualityNote')),
    all.length === 0 ? empty('noQuality') : distinct(all).map((f) => one(all.filter((g) => g.indicator === f.indicator))),
  ];
}
