// SPDX-License-Identifier: GPL-2.0-or-later
// The frame of every page: heading, navigation, foot; which page the address means; the turns of a
// screen on a wall.
import '../site.css';
import './style.css';
import { ApiError, checksum, figures, plan as askPlan, viewer as askViewer } from './api';
import { disposeCharts, drawCharts } from './chart';
import { Child, h, replace } from './dom';
import { day, time } from './format';
import { distinct, empty } from './parts';
import { Language, link, linkWith, otherLanguage, readAddress, say, state, thisYear, Word } from './state';
import { overview } from './pages/overview';
import type { Figures, Plan, Viewer } from './types';

type Render = () => Promise<Child[]>;
interface Page { word: Word; load: () => Promise<Render>; hidden?: boolean; renew_s?: number }

// The first page is in the first file; each other comes when it is asked for.
const pages: Record<string, Page> = {
  overview: { word: 'pageOverview', load: async () => overview, renew_s: 60 },
  areas: { word: 'pageAreas', load: async () => (await import('./pages/areas')).areas },
  trends: { word: 'pageTrends', load: async () => (await import('./pages/trends')).trends },
  places: { word: 'pagePlaces', load: async () => (await import('./pages/places')).places },
  bandwidth: { word: 'pageBandwidth', load: async () => (await import('./pages/bandwidth')).bandwidth },
  wlan: { word: 'pageWlan', load: async () => (await import('./pages/wlan')).wlan },
  quality: { word: 'pageQuality', load: async () => (await import('./pages/quality')).quality },
  declared: { word: 'pageDeclared', load: async () => (await import('./pages/declared')).declared },
  data: { word: 'pageData', load: async () => (await import('./pages/data')).data },
  live: { word: 'pageLive', load: async () => (await import('./pages/live')).live, renew_s: 10 },
  method: { word: 'pageMethod', load: async () => (await import('./pages/method')).method },
  exports: { word: 'pageExports', load: async () => (await import('./pages/exports')).exports },
  probe: { word: 'probe', load: async () => (await import('./pages/places')).probe, hidden: true },
};

const app = document.getElementById('app')!;
const FIRST_YEAR = 2015;

function navigation(): HTMLElement {
  return h('nav', { class: 'pages', 'aria-label': say('pages') }, Object.entries(pages).filter(([, p]) => !p.hidden).map(([key, p]) =>
    h('a', { href: link(key), 'aria-current': key === state.page ? 'page' : null }, say(p.word))));
}

function years(): HTMLElement {
  const all = Array.from({ length: thisYear() - FIRST_YEAR + 1 }, (_, i) => thisYear() - i);
  const select = h('select', { id: 'year', change: () => go(linkWith({ year: Number(select.value) })) },
    all.map((y) => h('option', { value: y, selected: y === state.year }, String(y))));
  return h('label', { class: 'year' }, h('span', null, say('year')), ' ', select);
}

function languageSwitch(): HTMLElement {
  const other: Language = otherLanguage();
  return h('a', { class: 'switch', href: linkWith({ lang: other }), lang: other, hreflang: other, click: (event) => {
    event.preventDefault();
    try { localStorage.setItem('lang', other); } catch { /* a private window: not remembered */ }
    go(linkWith({ lang: other }));
  } }, other === 'en' ? 'English' : '中文');
}

/** Who is logged in, with the button that ends it; or the way to log in. Nothing where nobody is asked. */
function account(viewer: Viewer | null): HTMLElement | false {
  if (!viewer?.login) return false;
  if (!viewer.account) return h('a', { class: 'switch', href: `/login?lang=${state.lang}` }, say('logIn'));
  const role = `role_${viewer.role}` as Word;
  return h('form', { class: 'account', method: 'post', action: '/logout' },
    h('span', { title: say('loggedInAs') }, viewer.account, ' · ', say(role), viewer.operator ? ` (${viewer.operator})` : ''), ' ',
    h('input', { type: 'hidden', name: 'csrf', value: viewer.csrf ?? '' }), h('button', { type: 'submit' }, say('logOut')));
}

const facts = h('p', { class: 'facts' });

function heading(plan: Plan | null, viewer: Viewer | null = null): HTMLElement {
  const title = plan ? plan.title[state.lang] : 'lastmile';
  document.title = `${say(pages[state.page]?.word ?? 'pageOverview')} · ${title}`;
  return h('header', { class: 'top' },
    h('div', null, h('h1', null, title), plan && h('p', { class: 'note' }, say('planDocument'), ' ', h('span', { lang: 'zh-CN' }, plan.document)), facts),
    h('div', { class: 'tools' }, years(), languageSwitch(), !state.kiosk && account(viewer)));
}

/** What paper must say besides the page itself; the checksum names the very figures. */
async function showFacts(answer: Figures): Promise<void> {
  const state_ = answer.provisional ? say('provisional') : say('final');
  replace(facts, `${say('asOf')} `, h('strong', null, day(answer.instant)), ` (${state_}) · ${say('methodVersion')} ${answer.method_version}`);
  const sum = await checksum();
  replace(foot, `lastmile ${answer.method_version} · `, h('span', { class: 'sum' }, sum), h('span', { class: 'printed' }, ` · ${say('printedAt')} ${time(Date.now() / 1000)}`));
}

const foot = h('footer', null, 'lastmile');
const main = h('main', { id: 'main', tabindex: -1 });
let turn = 0; // a page that was left while it loaded is not shown

function problem(error: unknown): HTMLElement {
  if (error instanceof ApiError && (error.status === 401 || error.status === 403))
    return h('div', { class: 'empty', role: 'alert' }, h('p', null, say(error.status === 401 ? 'pleaseLogIn' : 'mayNotSee')),
      h('a', { class: 'button', href: `/login?lang=${state.lang}` }, say('logIn')));
  const text = error instanceof ApiError ? `${say('refused2')} (${error.status}: ${error.message})` : say('unreachable');
  return h('div', { class: 'empty', role: 'alert' }, h('p', null, text), h('button', { type: 'button', class: 'button', click: () => void show() }, say('again')));
}

async function content(page: Page): Promise<Child[]> {
  try {
    return await (await page.load())();
  } catch (error) {
    return [problem(error)];
  }
}

async function show(keepPlace = false): Promise<void> {
  const mine = ++turn;
  const page = pages[state.page];
  document.documentElement.lang = state.lang;
  document.documentElement.classList.toggle('kiosk', state.kiosk);
  if (!app.hasChildNodes()) replace(app, heading(null), !state.kiosk && navigation(), main, foot); // at once, before any answer
  const [plan, parts, answer, viewer] = await Promise.all([
    askPlan().catch(() => null), page ? content(page) : Promise.resolve([empty('noPage')]), figures().catch(() => null),
    askViewer().catch(() => null)]);
  if (mine !== turn) return;
  disposeCharts();
  const title = h('h2', { class: 'page-title unseen' }, say(page?.word ?? 'pageOverview'));
  replace(app, h('a', { class: 'skip', href: '#main', click: (event) => { event.preventDefault(); main.focus(); } }, say('skip')),
    heading(plan, viewer), !state.kiosk && navigation(), main, foot);
  replace(main, title, parts);
  drawCharts();
  main.dataset.page = state.page;
  if (answer) void showFacts(answer);
  if (!keepPlace) { scrollTo(0, 0); }
}

export function go(address: string): void {
  history.pushState(null, '', address);
  readAddress();
  void show(true);
}

/* A page is renewed only while somebody looks, and not under his hands. */
let renewed = Date.now();
setInterval(() => {
  const seconds = pages[state.page]?.renew_s;
  const busy = document.hidden || document.querySelector('main details[open]') || main.contains(document.activeElement) && document.activeElement !== main;
  if (!seconds || busy || Date.now() - renewed < seconds * 1000) return;
  renewed = Date.now();
  void show(true);
}, 1000);

/* --- the wall --- */

const TURN_S = 20;

async function stations(): Promise<string[]> {
  const seen = distinct((await figures().catch(() => null))?.figures.filter((f) => f.evidence !== 'declared') ?? []);
  return [link('overview'), ...seen.slice(0, 6).flatMap((f) => [link('areas', f.indicator), link('trends', f.indicator)]), link('bandwidth'), link('wlan'), link('live')];
}

async function rotate(): Promise<void> {
  const all = await stations();
  let i = Math.max(0, all.indexOf(location.hash));
  const seconds = Math.max(5, Number(new URLSearchParams(location.search).get('seconds')) || TURN_S);
  setInterval(() => {
    i = (i + 1) % all.length;
    location.hash = all[i]!;
  }, seconds * 1000);
}

addEventListener('hashchange', () => { readAddress(); void show().then(() => { if (!state.kiosk) main.focus({ preventScroll: true }); }); });
addEventListener('popstate', () => { readAddress(); void show(true); });
void show();
if (state.kiosk) void rotate();
