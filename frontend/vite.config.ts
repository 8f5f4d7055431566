/// <reference types="vitest/config" />
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

const server = process.env.CALLFLOOR_DEV_SERVER ?? 'http://127.0.0.1:8070'

export default defineConfig({
  base: '/',
  plugins: [svelte()],
  // Under vitest Svelte would otherwise resolve to its server build, which cannot mount.
  resolve: process.env.VITEST ? { conditions: ['browser'] } : undefined,
  build: {
    outDir: '../src/callfloor/web/static',
    emptyOutDir: true,
    reportCompressedSize: false,
    // Fonts as data: URLs would be refused by the server's content security policy.
    assetsInlineLimit: 0,
  },
  server: { proxy: { '/api': { target: server, ws: true } } },
  test: { environment: 'jsdom', setupFiles: 'test/setup.ts', include: ['test/**/*.test.ts'] },
})
