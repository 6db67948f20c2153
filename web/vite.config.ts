import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Files too small to gain anything are served as they are. */
const MIN_COMPRESSED_BYTES = 512

/** Puts a .br and a .gz beside every file of text, so that the node compresses nothing while it runs. */
function precompress(): Plugin {
  const packers = [
    [
      'br',
      (data: Buffer) => promisify(brotliCompress)(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
    ],
    ['gz', (data: Buffer) => promisify(gzip)(data, { level: 9 })],
  ] as const
  return {
    name: 'precompress',
    apply: 'build',
    async generateBundle(_options, bundle) {
      for (const file of Object.values(bundle)) {
        const data = Buffer.from(file.type === 'chunk' ? file.code : file.source)
        if (!/\.(js|css|html|svg|json)$/.test(file.fileName) || data.length < MIN_COMPRESSED_BYTES) continue
        for (const [end, pack] of packers)
          this.emitFile({ type: 'asset', fileName: `${file.fileName}.${end}`, source: await pack(data) })
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
  },
  // `npx vite web` beside a running node: what is not the page goes to that.
  server: {
    proxy: Object.fromEntries(
      ['/api', '/ipfs', '/docs', '/openapi.json', '/healthz'].map((path) => [path, 'http://127.0.0.1:8081']),
    ),
  },
})
