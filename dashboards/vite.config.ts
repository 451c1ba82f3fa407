// SPDX-License-Identifier: GPL-2.0-or-later
// What is built is named by its contents (eight characters after the last dash): the collector then
// lets browsers keep it for good. Nothing is inlined, since the policy forbids data: addresses.
import { defineConfig } from 'vite';

export default defineConfig({
  build: {
    target: 'es2020',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    rollupOptions: {
      output: {
        entryFileNames: 'assets/[name]-[hash:8].js',
        chunkFileNames: 'assets/[name]-[hash:8].js',
        assetFileNames: 'assets/[name]-[hash:8][extname]',
      },
    },
  },
  // For looking at pages while they are written: `npx vite` beside a running collector.
  server: { proxy: { '/api': 'http://127.0.0.1:8080', '/assets/icon.svg': 'http://127.0.0.1:8080' } },
});
