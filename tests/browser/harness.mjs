// SPDX-License-Identifier: GPL-2.0-or-later
// What the browser tests share: the served site, a headless Chromium, and results told in TAP.
//   node test_X.mjs SERVE_PAGE OUTPUT_FOLDER
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const dashboards = resolve(process.env.LASTMILE_SOURCE ?? '.', 'dashboards');
const [servePage, output = '.'] = process.argv.slice(2);
mkdirSync(output, { recursive: true });
export const inOutput = (name) => join(output, name);

const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);

/** Why the tests cannot run here, or null. */
function lacking() {
  if (!existsSync(join(dashboards, 'dist/index.html'))) return 'the dashboards are not built (npm)';
  if (!existsSync(join(dashboards, 'node_modules/playwright-core'))) return 'playwright-core is not installed';
  return chromiumPath ? null : 'chromium is not installed';
}

export const modules = () => createRequire(join(dashboards, 'package.json'));

async function launch() {
  const { chromium } = modules()('playwright-core');
  // Whatever is asked of another host cannot be found, and is seen as a failed request.
  return chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1'] });
}

const servers = [];

/** Serves the fake site; ends with stop(), or with the tests. */
export async function serve(mode = 'ordinary', ...more) {
  const server = spawn(servePage, [mode, ...more], { stdio: ['pipe', 'pipe', 'inherit'] });
  servers.push(server);
  const url = await new Promise((found, failed) => {
    server.stdout.once('data', (line) => found(String(line).trim()));
    server.once('exit', () => failed(new Error('serve_page ended')));
  });
  return { url, stop: () => server.stdin.end() };
}

/** A page that notes whatever it should not do. */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ locale: 'zh-CN', timezoneId: 'UTC', ...options });
  const page = await context.newPage();
  const faults = [];
  page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) faults.push(`console: ${message.text()}`); });
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => { faults.push(`dialog: ${dialog.message()}`); void dialog.dismiss(); });
  page.on('request', (request) => { if (!request.url().startsWith(url) && !request.url().startsWith('blob:')) faults.push(`asked ${request.url()}`); });
  const pending = page.pending = new Set(); // what was asked and not answered yet
  page.on('request', (request) => pending.add(request.url()));
  page.on('requestfinished', (request) => pending.delete(request.url()));
  page.on('requestfailed', (request) => pending.delete(request.url()));
  page.faults = faults;
  page.on('requestfailed', (request) => { if (request.failure()?.errorText !== 'net::ERR_ABORTED') faults.push(`failed ${request.url()}`); });
  return { page, context, faults };
}

const WAIT_MS = 60000; // a bound on hanging, not on speed

/** Waits until a page has its contents and its charts; says what it waited for in vain. */
export async function settle(page, key) {
  try {
    await page.waitForSelector(`main[data-page="${key}"]`, { timeout: WAIT_MS });
    await page.waitForFunction(() => [...document.querySelectorAll('.canvas')].every((box) => box.dataset.drawn !== undefined) &&
      [...document.querySelectorAll('.history-charts')].every((place) => place.childElementCount > 0), null, { timeout: WAIT_MS });
  } catch (error) {
    const blank = await page.evaluate(() => [...document.querySelectorAll('.canvas')].filter((box) => box.dataset.drawn === undefined).map((box) => box.getAttribute('aria-label')));
    throw new Error(`${key} does not settle: not drawn ${JSON.stringify(blank)}, not answered ${JSON.stringify([...page.pending])}, faults ${JSON.stringify(page.faults)}`, { cause: error });
  }
}

export async function visit(page, address, key) {
  await page.evaluate(() => { delete document.querySelector('main')?.dataset.page; });
  await page.evaluate((hash) => { location.hash = hash; }, address);
  await settle(page, key);
}

export const pages = ['overview', 'areas', 'trends', 'places', 'bandwidth', 'wlan', 'quality', 'declared', 'data', 'live', 'method', 'exports'];

export function check(condition, text) {
  if (!condition) throw new Error(text);
}
export function equal(found, wanted, text) {
  check(found === wanted, `${text}: ${JSON.stringify(found)}, wanted ${JSON.stringify(wanted)}`);
}

/** Runs cases named by sentences, each given the browser; what one returns is told as a comment. */
export async function run(cases) {
  const why = lacking();
  const browser = why ? null : await launch();
  console.log(`1..${cases.length}`);
  let failed = 0;
  for (const [i, [name, body]] of cases.entries()) {
    if (why) { console.log(`ok ${i + 1} - ${name} # SKIP ${why}`); continue; }
    try {
      const told = await body(browser);
      if (told) console.log(`# ${told}`);
      console.log(`ok ${i + 1} - ${name}`);
    } catch (error) {
      failed++;
      console.log(`not ok ${i + 1} - ${name}`);
      for (const line of String(error.stack ?? error).split('\n').slice(0, 40)) console.log(`# ${line}`);
    }
  }
  await browser?.close();
  servers.forEach((server) => server.stdin.end());
  process.exit(failed ? 1 : 0);
}
