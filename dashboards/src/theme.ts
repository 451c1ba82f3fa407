// SPDX-License-Identifier: GPL-2.0-or-later
// The colours of charts: Okabe and Ito's, told apart by colour-blind eyes, and never alone: lines
// differ in their dashes, marks in their shape.
export interface Theme {
  ink: string; soft: string; line: string; ground: string; band: string; series: string[];
}

const light: Theme = {
  ink: '#14181d', soft: '#505a66', line: '#d5dae1', ground: '#ffffff', band: 'rgba(0,114,178,0.16)',
  series: ['#0b5394', '#b34700', '#00664a', '#8f4a80', '#6b5b00', '#14181d'],
};
const dark: Theme = {
  ink: '#edf1f5', soft: '#aab4c0', line: '#38424e', ground: '#1a2027', band: 'rgba(86,180,233,0.2)',
  series: ['#6db3f2', '#f0a04b', '#3ecf9f', '#d99bc8', '#e6d84a', '#edf1f5'],
};

export const FONT =
  'system-ui, "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "WenQuanYi Micro Hei", sans-serif';

const asksDark = matchMedia('(prefers-color-scheme: dark)');
let printing = false;
const listeners = new Set<() => void>();

export const theme = (): Theme => (asksDark.matches && !printing ? dark : light);

/** Calls back when colours change: by the system, or because paper is white. */
export function onThemeChange(listener: () => void): void { listeners.add(listener); }

const tell = () => listeners.forEach((listener) => listener());
asksDark.addEventListener('change', tell);
addEventListener('beforeprint', () => {
  printing = true;
  document.querySelectorAll<HTMLDetailsElement>('details.data:not([open])').forEach((d) => { d.open = true; d.dataset.printed = ''; });
  tell();
});
addEventListener('afterprint', () => {
  printing = false;
  document.querySelectorAll<HTMLDetailsElement>('details[data-printed]').forEach((d) => { d.open = false; delete d.dataset.printed; });
  tell();
});
