import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Files too small to gain anything are served as they are. */
const MIN_COMPRESSED_BYTES = 512

const PACKERS = {
  br: (data: Buffer) => brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
  gz: (data: Buffer) => gzipSync(data, { level: 9 }),
}

/** Puts a .br and a .gz beside every file of text that was written, so that the node compresses nothing while it runs. */
function precompress(): Plugin {
  return {
    name: 'precompress',
    apply: 'build',
    // What is in the bundle before is not what is written: Vite puts in the names of chunks at the very end.
    writeBundle({ dir }) {
      for (const entry of readdirSync(dir!, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !/\.(js|css|html|svg|webmanifest)$/.test(entry.name)) continue
        const path = join(entry.parentPath, entry.name)
        const data = readFileSync(path)
        if (data.length < MIN_COMPRESSED_BYTES) continue
        for (const [end, pack] of Object.entries(PACKERS)) writeFileSync(`${path}.${end}`, pack(data))
      }
    },
  }
}

export default defineConfig({
  root: here('.'),
  plugins: [react(), precompress()],
  build: {
    outDir: here('dist'),
    emptyOutDir: true,
    target: 'es2023',
    // The policy of the page allows no data: scripts and styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
  // `npx vite web` beside a running node: what is not the page goes to that.
  server: {
    proxy: Object.fromEntries(
      ['/api', '/ipfs', '/docs', '/openapi.json', '/healthz'].map((path) => [path, 'http://127.0.0.1:8081']),
    ),
  },
})
