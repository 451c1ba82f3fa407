// SPDX-License-Identifier: GPL-2.0-or-later
// Every page, in both languages, on a desk and on a phone, light and dark: nothing in the console,
// nothing asked of another host, nothing serious from axe; a picture of each is left behind.
import { readFileSync } from 'node:fs';
import { check, inOutput, modules, open, pages, run, serve, settle, visit } from './harness.mjs';

const sizes = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };
const CJK = '[\\u3400-\\u9fff\\uff00-\\uffef]';

/* What axe judges depends on language, size and colours one by one, so that half of the pairs of
 * language and colours show all: Chinese in the light and English in the dark on a desk, the other
 * way round on a phone. */
const isJudged = (lang, size, scheme) => ((lang === 'en') === (scheme === 'dark')) === (size === 'desktop');

async function seriousFaults(page) {
  const answer = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return answer.violations.filter((v) => ['serious', 'critical'].includes(v.impact))
    .map((v) => `${v.id}: ${v.nodes.slice(0, 2).map((n) => n.html.slice(0, 160)).join(' | ')}`);
}

/** Words that are in the wrong language, and things that stick out of a phone. */
function misfits(page, lang) {
  return page.evaluate(([language, cjk]) => {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode())
      if (language === 'en' && new RegExp(cjk).test(node.data) && !node.parentElement.closest('[lang="zh-CN"]:not(html), noscript')) found.push(`untranslated: ${node.data}`);
    if (document.documentElement.scrollWidth > innerWidth + 1) found.push(`wider than the screen: ${document.documentElement.scrollWidth}`);
    for (const target of document.querySelectorAll('nav a, button, select, summary, .button')) {
      const box = target.getBoundingClientRect();
      if (box.width > 0 && box.height < 43.5) found.push(`low target (${box.height}): ${target.outerHTML.slice(0, 80)}`);
    }
    return found;
  }, [lang, CJK]);
}

async function look(browser, size, scheme) {
  const { url, stop } = await serve();
  const { page, context, faults } = await open(browser, url, { viewport: sizes[size], colorScheme: scheme });
  await page.addInitScript({ content: readFileSync(modules().resolve('axe-core/axe.min.js'), 'utf8') });
  const all = [];
  for (const lang of ['zh-CN', 'en']) {
    await page.goto(`${url}?lang=${lang}`);
    await settle(page, 'overview');
    for (const key of pages) {
      await visit(page, `#/${key}`, key);
      const wrong = [...faults.splice(0), ...await misfits(page, lang), ...isJudged(lang, size, scheme) ? await seriousFaults(page) : []];
      await page.screenshot({ path: inOutput(`${key}-${lang}-${size}-${scheme}.png`), fullPage: true });
      all.push(...wrong.map((fault) => `${key} ${lang}: ${fault}`));
    }
  }
  await context.close();
  stop();
  check(all.length === 0, all.join('\n'));
}

// Two at a time, as the machines have two cores: each case begins the one after the next.
const jobs = Object.keys(sizes).flatMap((size) => ['light', 'dark'].map((scheme) => ({ size, scheme, started: null })));
const start = (browser, job) => { if (job && !job.started) { job.started = look(browser, job.size, job.scheme); job.started.catch(() => {}); } };
await run(jobs.map((job, i) => [`every page is sound in both languages, ${job.size}, ${job.scheme}`, (browser) => {
  start(browser, job);
  start(browser, jobs[i + 1]);
  return job.started;
}]));
