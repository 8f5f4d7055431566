/// <reference types="vitest/config" />
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { defineConfig, type Plugin } from 'vite'
import { words } from './vite.words.ts'

const server = process.env.CALLFLOOR_DEV_SERVER ?? 'http://127.0.0.1:8070'

const outDir = '../src/callfloor/web/static'

/** Each text file also packed, once and at the highest level: the server sends what the browser takes. */
function packed(): Plugin {
  return {
    name: 'callfloor-packed',
    apply: 'build',
    closeBundle() {
      const root = join(import.meta.dirname, outDir)
      if (!existsSync(root)) return // the build has failed before: its own error is what must be read
      for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
        if (!/\.(js|css|html|svg)$/.test(name)) continue
        const content = readFileSync(join(root, name))
        if (content.length < 1024) continue
        writeFileSync(join(root, `${name}.br`), brotliCompressSync(content))
        writeFileSync(join(root, `${name}.gz`), gzipSync(content, { level: 9 }))
      }
    },
  }
}

export default defineConfig({
  base: '/',
  plugins: [svelte(), words(), packed()],
  // Under vitest Svelte would otherwise resolve to its server build, which cannot mount.
  resolve: process.env.VITEST ? { conditions: ['browser'] } : undefined,
  build: {
    outDir,
    emptyOutDir: true,
    reportCompressedSize: false,
    // Fonts as data: URLs would be refused by the server's content security policy.
    assetsInlineLimit: 0,
  },
  server: { proxy: { '/api': { target: server, ws: true } } },
  // Long: a machine that does much else at once is slow, not wrong.
  test: { environment: 'jsdom', setupFiles: 'test/setup.ts', include: ['test/**/*.test.ts'], testTimeout: 60_000 },
})
