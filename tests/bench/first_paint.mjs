// SPDX-License-Identifier: GPL-2.0-or-later
// How long the overview of a running collector takes in Chromium.   first_paint.mjs URL
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const { chromium } = createRequire(join(root, 'dashboards/package.json'))('playwright-core');
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
const painted = [], shown = [];
for (let i = 0; i < 5; i++) {
  const context = await browser.newContext({ locale: 'zh-CN', viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.goto(process.argv[2]);
  await page.waitForSelector('.indicator');
  shown.push(Math.round(await page.evaluate(() => performance.now())));
  painted.push(Math.round(await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN)));
  await context.close();
}
await browser.close();
console.log(`overview: first paint after ${painted.join(', ')} ms, figures after ${shown.join(', ')} ms`);
