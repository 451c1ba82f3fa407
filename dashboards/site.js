// SPDX-License-Identifier: GPL-2.0-or-later
// The page works without this. It adds two things: the language that was chosen is remembered, and
// the figures are renewed once a minute while somebody looks.
'use strict';

const address = new URL(location.href);
const remembered = (() => {
  try { return localStorage.getItem('lang'); } catch { return null; }
})();

if (!address.searchParams.has('lang') && remembered === 'en') {
  address.searchParams.set('lang', 'en');
  location.replace(address);
}

document.addEventListener('click', (event) => {
  const link = event.target.closest('a.switch');
  if (!link) return;
  try { localStorage.setItem('lang', link.lang); } catch { /* private window: not remembered */ }
});

async function renew() {
  if (document.hidden || document.querySelector('details[open]')) return;
  const answer = await fetch(location.href, { headers: { Accept: 'text/html' } }).catch(() => null);
  if (!answer || !answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const part of ['main', 'header.top']) {
    const now = document.querySelector(part);
    const next = fresh.querySelector(part);
    if (now && next && now.innerHTML !== next.innerHTML && !now.contains(document.activeElement)) {
      now.replaceWith(document.adoptNode(next));
    }
  }
}

setInterval(renew, 60000);
