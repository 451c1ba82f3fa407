// SPDX-License-Identifier: GPL-2.0-or-later
// What pages do: sizes and times, the way down to one device, keys, pictures, paper, the wall, and
// names that mean harm.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, equal, inOutput, open, pages, run, serve, settle, visit } from './harness.mjs';

const FIRST_PAGE_BYTES = 250_000, FIRST_PAINT_MS = 1000, YEAR_MS = 300;
let browser, site; // of all cases

async function fresh(path, options = {}, from = site) {
  const opened = await open(browser, from.url, { viewport: { width: 1280, height: 900 }, ...options });
  await opened.page.goto(from.url + path);
  return opened;
}

async function first_page_is_small() {
  const opened = await open(browser, site.url);
  let bytes = 0;
  const wire = await opened.context.newCDPSession(opened.page);
  await wire.send('Network.enable');
  wire.on('Network.loadingFinished', (event) => { bytes += event.encodedDataLength; });
  await opened.page.goto(site.url);
  await settle(opened.page, 'overview');
  await opened.context.close();
  check(bytes > 10_000 && bytes <= FIRST_PAGE_BYTES, `${bytes} bytes`);
  return `first page: ${bytes} bytes on the wire`;
}

async function first_paint_is_quick() {
  const times = [];
  for (let i = 0; i < 5; i++) {
    const { page, context } = await fresh('');
    await page.waitForSelector('.indicator');
    times.push(await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))));
    await context.close();
  }
  const best = Math.min(...times);
  check(best <= FIRST_PAINT_MS, `${times} ms`);
  return `figures on the screen after ${times.map((t) => Math.round(t)).join(', ')} ms (best counts)`;
}

async function a_year_is_drawn_quickly() {
  const { page, context, faults } = await fresh('?lang=en#/bandwidth');
  await settle(page, 'bandwidth');
  const times = [];
  for (let i = 0; i < 3; i++) {
    await page.getByRole('button', { name: '1 day' }).click();
    await page.waitForFunction(() => Number(document.querySelector('.history-charts').dataset.points) < 1000);
    await page.getByRole('button', { name: '1 year' }).click();
    await page.waitForFunction(() => Number(document.querySelector('.history-charts').dataset.points) > 100_000, null, { timeout: 60000 });
    times.push(Number(await page.locator('.history-charts').getAttribute('data-drawn-ms')));
  }
  equal(faults.length, 0, faults.join());
  await context.close();
  check(Math.min(...times) <= YEAR_MS, `${times} ms`);
  return `a year of 5 minutes, 2 lines of 105,120 points: drawn in ${times.join(', ')} ms (best counts)`;
}

/** A page is put together from several answers; its charts do not depend on which comes last. */
async function charts_are_drawn_whichever_answer_comes_last() {
  for (const late of ['viewer', 'plan']) {
    const { page, context, faults } = await open(browser, site.url);
    await page.route(`**/api/v1/${late}`, async (route) => { await new Promise((r) => setTimeout(r, 700)); await route.continue(); });
    await page.goto(`${site.url}?lang=en#/declared`);
    await settle(page, 'declared');
    equal(faults.length, 0, faults.join());
    await context.close();
  }
}

async function the_first_screen_says_what_is_asked_reached_how_sure_and_on_pace() {
  const { page, context, faults } = await fresh('?lang=en&year=2018', { viewport: { width: 1366, height: 768 } });
  await settle(page, 'overview');
  const rows = await page.evaluate(() => [...document.querySelectorAll('.glance tbody tr')].map((row) => ({
    bottom: row.getBoundingClientRect().bottom, empty: ['th', '.now', '.asked', '.sure', '.standing'].filter((cell) => !row.querySelector(cell)?.textContent.trim()),
    bars: row.querySelectorAll('svg.bar .mark').length })));
  check(rows.length >= 5, `${rows.length} rows`);
  for (const [i, row] of rows.entries()) {
    equal(row.empty.join(), '', `row ${i} lacks`);
    check(row.bars > 0, `row ${i} shows no target`);
    check(row.bottom <= 768, `row ${i} ends at ${row.bottom}`);
  }
  // The target of 2017 was judged then.
  const past = page.locator('#fixed-broadband-penetration .targets tbody tr').first();
  check((await past.locator('a').getAttribute('href')).includes('year=2017'), 'the way to the verdict of 2017');
  equal(await past.locator('.verdict').count(), 0, 'verdicts on a past target');
  equal(faults.length, 0, faults.join());
  await context.close();
}

async function three_clicks_lead_to_one_device() {
  const { page, context, faults } = await fresh('?lang=en');
  await settle(page, 'overview');
  await page.locator('.glance tbody a').first().click();
  await settle(page, 'areas');
  await page.locator('svg.tiles a').first().click();
  await settle(page, 'places');
  await page.locator('section[aria-labelledby=devices] tbody a').first().click();
  await page.waitForSelector('#history');
  const address = page.url();
  const again = await fresh(address.slice(site.url.length));
  await again.page.waitForSelector('#history');
  check((await again.page.textContent('#node')).includes('olt-'), 'the address leads back to the device');
  equal(faults.length, 0, faults.join());
  await again.context.close();
  await context.close();
}

async function keys_reach_everything_in_order() {
  const { page, context } = await fresh('?lang=en');
  await settle(page, 'overview');
  await page.keyboard.press('Tab');
  equal(await page.evaluate(() => document.activeElement.className), 'skip', 'the first stop');
  await page.keyboard.press('Enter');
  equal(await page.evaluate(() => document.activeElement.id), 'main', 'where skip leads');
  for (let i = 0; i < 12; i++) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => { const e = document.activeElement; const s = getComputedStyle(e); return { tag: e.tagName, outline: parseFloat(s.outlineWidth), style: s.outlineStyle }; });
    check(stop.tag !== 'BODY' && stop.style !== 'none' && stop.outline >= 2, `focus is seen: ${JSON.stringify(stop)}`);
  }
  await context.close();
}

async function pictures_are_saved() {
  const { page, context, faults } = await fresh('?lang=zh-CN#/trends/ftth-share', { acceptDownloads: true });
  await settle(page, 'trends');
  for (const kind of ['PNG', 'SVG']) {
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('figure button', { hasText: kind }).first().click()]);
    const path = inOutput(download.suggestedFilename());
    await download.saveAs(path);
    const bytes = readFileSync(path);
    check(kind === 'PNG' ? bytes.subarray(1, 4).toString() === 'PNG' : /^<svg[^]*光纤|^<svg[^]*目标/.test(bytes.toString()), `${path} is what it says`);
  }
  await visit(page, '#/areas', 'areas');
  for (const kind of ['PNG', 'SVG']) {
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('figure button', { hasText: kind }).first().click()]);
    await download.saveAs(inOutput(download.suggestedFilename()));
    check(readFileSync(inOutput(download.suggestedFilename())).length > 1000, `${kind} of the tiles`);
  }
  equal(faults.length, 0, faults.join());
  await context.close();
}

/** A round-robin database of what the fake site calls a series, so that rrdtool has something to draw. */
function makeDatabase(folder, series) {
  const sources = series.sources.map((s) => `DS:${s.name}:GAUGE:600:0:U`);
  const done = spawnSync('rrdtool', ['create', join(folder, `${series.series}.rrd`), '--step', '300', ...sources, 'RRA:AVERAGE:0.5:1:2000']);
  equal(done.status, 0, `rrdtool create: ${done.stderr}`);
}

async function the_collectors_own_picture_is_a_link_away() {
  const folder = mkdtempSync(join(tmpdir(), 'lastmile-pictures-'));
  const own = await serve('ordinary', folder);
  const list = (await (await fetch(new URL('/api/v1/series', own.url))).json()).series;
  list.forEach((series) => { if (series.kind === 'interface' || series.node) makeDatabase(folder, series); });
  for (const [lang, span] of [['zh-CN', '七天'], ['en', '7 days']]) {
    const { page, context, faults } = await fresh(`?lang=${lang}#/bandwidth`, {}, own);
    await settle(page, 'bandwidth');
    await page.getByRole('button', { name: span }).click();
    for (const [kind, start] of [['PNG', /^.PNG/], ['SVG', /^<\?xml|^<svg/]]) {
      const link = page.locator('.drawn a', { hasText: kind });
      const href = await link.getAttribute('href');
      check((await link.getAttribute('aria-label')).includes(span), 'the label says of when');
      check(href.includes(`lang=${lang}`), href);
      const query = new URL(href, own.url).searchParams;
      equal(Number(query.get('to')) - Number(query.get('from')), 7 * 86400, 'the span that is shown');
      const answer = await fetch(new URL(href, own.url));
      equal(answer.status, 200, href);
      const bytes = Buffer.from(await answer.arrayBuffer());
      check(start.test(bytes.subarray(0, 5).toString('latin1')), `${kind} is what it says`);
      writeFileSync(inOutput(`collector-${lang}.${kind.toLowerCase()}`), bytes);
    }
    equal(faults.length, 0, faults.join());
    await context.close();
  }
  own.stop();
  rmSync(folder, { recursive: true });
}

/** Who may not see the series is offered no picture of it. */
async function no_picture_is_offered_to_whom_the_series_are_refused() {
  const { page, context } = await open(browser, site.url);
  await page.route('**/api/v1/series*', (route) => route.fulfill({ status: 403, contentType: 'application/problem+json', body: '{"status":403,"detail":"no"}' }));
  await page.goto(`${site.url}?lang=en#/bandwidth`);
  await settle(page, 'bandwidth');
  equal(await page.locator('a[href*="/graph"]').count(), 0, 'links to pictures');
  await context.close();
}

async function paper_says_what_it_must() {
  const { page, context } = await fresh('?lang=zh-CN&year=2020#/trends/ftth-share', { colorScheme: 'dark' });
  await settle(page, 'trends');
  await page.waitForFunction(() => /[0-9a-f]{16}/.test(document.querySelector('footer').textContent));
  await page.emulateMedia({ media: 'print' });
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  const text = await page.evaluate(() => document.body.innerText);
  for (const wanted of ['威政办发', '2020年12月31日', '方法版本', 'SHA-256', '打印于']) check(text.includes(wanted), `paper says ${wanted}`);
  check(await page.locator('details.data table').first().isVisible(), 'the table of the chart is on paper');
  check(await page.locator('nav.pages').isHidden(), 'the navigation is not');
  await page.pdf({ path: inOutput('trend-a4.pdf'), format: 'A4' });
  await context.close();
}

async function the_wall_turns_pages() {
  const { page, context, faults } = await fresh('?kiosk=1&seconds=5');
  await settle(page, 'overview');
  check(await page.locator('nav.pages').count() === 0, 'no navigation on the wall');
  await page.waitForFunction(() => location.hash.startsWith('#/areas/'), null, { timeout: 9000 });
  await settle(page, 'areas');
  equal(faults.length, 0, faults.join());
  await context.close();
}

async function without_script_there_is_a_way() {
  const { page, context } = await fresh('', { javaScriptEnabled: false });
  await page.locator('noscript a').click();
  check((await page.textContent('body')).includes('FTTH'), 'the plain page has the figures');
  await context.close();
}

async function the_policy_is_strict() {
  const answer = await fetch(site.url);
  const policy = answer.headers.get('content-security-policy');
  check(policy.includes("default-src 'self'") && !policy.includes('unsafe'), policy);
}

async function the_first_day_is_honest() {
  const empty = await serve('empty');
  const { page, context, faults } = await fresh('?lang=en', {}, empty);
  await settle(page, 'overview');
  for (const key of pages) {
    await visit(page, `#/${key}`, key);
    const text = await page.textContent('main');
    check(!/NaN|undefined|null|Infinity|\[object/.test(text), `${key}: ${text.match(/.{0,40}(NaN|undefined|null|Infinity|\[object).{0,40}/)}`);
    await page.screenshot({ path: inOutput(`${key}-empty.png`), fullPage: true });
  }
  equal(faults.length, 0, faults.join());
  await context.close();
  empty.stop();
}

/** What a name from outside could have made, and what it could have hidden. */
function harm(page) {
  return page.evaluate(() => {
    const found = [];
    for (const element of document.querySelectorAll('main img, main script, main iframe, main svg[onload], main [onerror], main [onload], a[href^="javascript:"]')) found.push(element.outerHTML.slice(0, 100));
    const controls = document.querySelector('main').textContent.match(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/);
    if (controls) found.push(`a hidden character ${controls[0].codePointAt(0).toString(16)}`);
    if (globalThis.failed) found.push(`script ran: ${globalThis.failed}`);
    if (document.documentElement.scrollWidth > innerWidth + 1) found.push('wider than the screen');
    return found;
  });
}

async function hostile_names_are_inert() {
  const hostile = await serve('hostile');
  const opened = await open(browser, hostile.url, { viewport: { width: 1280, height: 900 } });
  const { page, context, faults } = opened;
  await page.addInitScript(() => { globalThis.failed = 0; globalThis.fail = () => { globalThis.failed++; }; });
  await page.goto(hostile.url);
  await settle(page, 'overview');
  const areas = (await (await fetch(new URL('/api/v1/areas', hostile.url))).json()).areas.filter((a) => a.reporting);
  const places = areas.flatMap((a) => ['cu', 'cm', 'ct', 'gd', 'other'].map((o) => `places/${a.key}/${o}`));
  const seen = new Set();
  for (const key of [...pages, ...places]) {
    await visit(page, `#/${key}`, key.split('/')[0]);
    const wrong = [...faults.splice(0), ...await harm(page)];
    check(wrong.length === 0, `${key}: ${wrong.join('\n')}`);
    (await page.locator('bdi.name').allTextContents()).forEach((name) => seen.add(name));
    if (pages.includes(key)) await page.screenshot({ path: inOutput(`${key}-hostile.png`), fullPage: true });
  }
  await page.locator('section[aria-labelledby=access] tbody a').first().click();
  await page.waitForSelector('#history');
  await settle(page, 'places');
  const wrong = [...faults, ...await harm(page)];
  check(wrong.length === 0, `the page of a device: ${wrong.join('\n')}`);
  for (const address of ['/api/v1/figures?format=csv&area=all&operator=all', '/api/v1/completeness?format=csv'])
    check(!/^(.*,)?"?[=+@]/m.test((await (await fetch(new URL(address, hostile.url))).text()).slice(1)), `${address} holds no formula`);
  await context.close();
  hostile.stop();
  check(seen.size >= 500, `${seen.size} names were shown`);
  return `${seen.size} hostile names on ${pages.length + places.length + 1} pages`;
}

const cases = [
  first_page_is_small, first_paint_is_quick, a_year_is_drawn_quickly, charts_are_drawn_whichever_answer_comes_last, the_first_screen_says_what_is_asked_reached_how_sure_and_on_pace, three_clicks_lead_to_one_device, keys_reach_everything_in_order,
  pictures_are_saved, the_collectors_own_picture_is_a_link_away, no_picture_is_offered_to_whom_the_series_are_refused, paper_says_what_it_must, the_wall_turns_pages, without_script_there_is_a_way, the_policy_is_strict, the_first_day_is_honest,
  hostile_names_are_inert,
];
await run(cases.map((body) => [body.name.replaceAll('_', ' '), async (given) => {
  browser = given;
  site ??= await serve();
  return body();
}]));
