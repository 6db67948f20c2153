import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { WEB_FOLDER } from '../../src/api/web-files.ts'

const MAX_BYTES = 300_000
const gzipBytes = (name: string) => gzipSync(readFileSync(join(WEB_FOLDER, name)), { level: 9 }).length
const sum = (names: readonly string[]) => names.reduce((bytes, name) => bytes + gzipBytes(name), 0)

test('the first load is small, and so are all pages together', () => {
  const html = readFileSync(join(WEB_FOLDER, 'index.html'), 'utf8')
  const first = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(([, path]) => path!)
  assert.ok(first.some((name) => name.endsWith('.js')) && first.some((name) => name.endsWith('.css')))
  assert.ok(sum(['index.html', ...first]) < MAX_BYTES / 2, `${sum(['index.html', ...first])} bytes at first`)
  const all = readdirSync(join(WEB_FOLDER, 'assets')).filter((name) => /\.(js|css)$/.test(name))
  assert.ok(all.length > first.length, 'pages come when they are wanted')
  const bytes = sum(['index.html', ...all.map((name) => `assets/${name}`)])
  assert.ok(bytes < MAX_BYTES, `${bytes} bytes in all`)
})
