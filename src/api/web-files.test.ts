import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLogger } from '../base/log.ts'
import { newApp } from './new-app.ts'
import { send, startApi } from './testing/start-api.ts'
import { WEB_PAGES, webRoutes } from './web-files.ts'

const assetsOf = (html: string) => [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map((match) => match[1]!)

test('every page of the app is the same document, which names only files that are there and runs nothing inline', async (t) => {
  const { url } = await startApi(t)
  const first = await (await fetch(url)).text()
  assert.doesNotMatch(first, /<script(?![^>]*src=)|<style|style="|\son\w+=/)
  for (const path of WEB_PAGES) {
    const answer = await fetch(url + path)
    assert.equal(answer.status, 200, path)
    assert.equal(await answer.text(), first, path)
    assert.equal(answer.headers.get('cache-control'), 'no-cache')
    const policy = answer.headers.get('content-security-policy')!
    assert.match(policy, /default-src 'none'.*script-src 'self'.*require-trusted-types-for 'script'/)
    assert.doesNotMatch(policy, /unsafe|https?:|\*/)
  }
  const assets = assetsOf(first)
  assert.ok(
    assets.some((path) => /^\/assets\/.*\.js$/.test(path)) && assets.some((path) => /\.css$/.test(path)),
  )
  for (const path of assets) {
    const answer = await fetch(url + path)
    assert.equal(answer.status, 200, path)
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
    assert.match(answer.headers.get('cache-control')!, path.startsWith('/assets/') ? /immutable/ : /no-cache/)
    assert.doesNotMatch(answer.headers.get('content-type')!, /octet-stream/, path)
  }
})

test('files go over the line compressed, and not again when they are known', async (t) => {
  const { url } = await startApi(t)
  const script = assetsOf(await (await fetch(url)).text()).find((path) => path.endsWith('.js'))!
  const sizes: number[] = []
  const texts = new Set<string>()
  for (const encoding of ['identity', 'gzip', 'br']) {
    const answer = await fetch(url + script, { headers: { 'accept-encoding': encoding } })
    assert.equal(answer.headers.get('content-encoding') ?? 'identity', encoding)
    assert.match(answer.headers.get('content-type')!, /javascript/)
    sizes.push(Number(answer.headers.get('content-length')))
    texts.add(await answer.text())
  }
  assert.equal(texts.size, 1, 'all forms say the same')
  assert.ok(sizes[0]! > 2 * sizes[1]! && sizes[1]! > sizes[2]!, sizes.join(' '))
  const etag = String((await send(`${url}/`)).headers.etag)
  const again = await send(`${url}/`, { headers: { 'if-none-match': etag } })
  assert.deepEqual([again.status, again.body], [304, ''])
})

test('what is no file of the app is a problem as everywhere', async (t) => {
  const { url } = await startApi(t)
  for (const path of [
    '/assets/',
    '/assets/none.js',
    '/assets/../package.json',
    '/..%2f..%2fpackage.json',
    '/.stamp',
    '/index.html.map',
  ]) {
    const answer = await fetch(url + path)
    assert.equal(answer.status, 404, path)
    assert.match(answer.headers.get('content-type')!, /^application\/problem\+json/)
  }
})

test('a checkout without the app says what to do', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-web-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const app = newApp({ bodyLimit: 1, maxConnections: 1, log: silentLogger })
  webRoutes(app, folder)
  const { statusCode, body } = await app.inject('/transfers')
  assert.equal(statusCode, 503)
  assert.match(body, /npm run setup/)
})
