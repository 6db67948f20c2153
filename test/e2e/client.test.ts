import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { promisify } from 'node:util'
import { type GeneratedClient, generateClient } from '../support/generated-client.ts'
import type { ShoalProcess } from '../support/process.ts'
import { newWorld } from '../support/shoal.ts'
import { until } from '../support/until.ts'

const run = promisify(execFile)
const require = createRequire(import.meta.url)

/** A client that others can make from the document, and nothing that Shoal has for its own clients. */
suite('a client generated from the document of a running node', () => {
  const world = newWorld()
  let owner: ShoalProcess
  let node: ShoalProcess
  let client: GeneratedClient
  let mine: RequestInit
  const bytes = randomBytes(3_000_000)
  const names = ['one.bin', 'two.bin', 'three words.bin']

  before(async () => {
    const files = world.folder('files')
    for (const name of names)
      writeFileSync(join(files, name), name === 'one.bin' ? bytes : randomBytes(50_000))
    owner = await world.startNode({ name: 'owner', shares: [files] })
    node = await world.startNode({ name: 'node', args: ['--peer', owner.ready.grpc] })
    const document = await (await fetch(`${node.ready.http}/openapi.json`)).json()
    client = await generateClient(document as object, {
      folder: world.folder('client'),
      baseUrl: node.ready.http,
    })
    const token = readFileSync(join(node.data, 'api.token'), 'utf8').trim()
    mine = { headers: { authorization: `Bearer ${token}` } }
  })
  after(() => world[Symbol.asyncDispose]())

  test('its types are sound', async () => {
    const folder = world.folder('client')
    const options = {
      strict: true,
      noEmit: true,
      target: 'esnext',
      module: 'nodenext',
      skipLibCheck: true,
      types: [],
    }
    const config = {
      compilerOptions: { ...options, lib: ['esnext', 'dom', 'dom.iterable'] },
      files: ['client.ts'],
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc')
    await run(process.execPath, [tsc, '-p', folder])
  })

  test('a document that is not sound gives no client', async () => {
    const paths = { '/x': { get: { responses: { 200: { content: {} } } } } }
    const broken = { openapi: '3.1.0', info: { title: 'x' }, paths }
    const options = { folder: world.folder('broken'), baseUrl: node.ready.http }
    await assert.rejects(generateClient(broken, options))
  })

  test('status, and what is shared, in pages', async () => {
    const { data, status } = await client.getStatus!()
    assert.deepEqual([status, data.peerId], [200, node.ready.peerId])
    const own = world.folder('own')
    for (const name of names) writeFileSync(join(own, name), name)
    const added = await client.addPath!({ path: own }, mine)
    assert.match(await added.stream!.text(), /"event":"done","files":3/)
    const found: string[] = []
    let cursor: string | undefined
    do {
      const page = await client.listLibrary!({ limit: 2, ...(cursor && { cursor }) })
      assert.ok(page.data.entries.length <= 2)
      for (const { name } of page.data.entries) found.push(name)
      cursor = page.data.cursor
    } while (cursor !== undefined)
    assert.deepEqual(found.sort(), [...names].sort())
    const again = await client.removePath!({ target: join(own, 'one.bin') }, mine)
    assert.deepEqual([again.status, again.data], [200, { removed: 1 }])
  })

  test('search, download, and the errors of both', async () => {
    const cid = await until('the file is found', async () => {
      const answer = await client.search!({ q: 'one', via: 'zone,flood', limit: 5 })
      assert.equal(answer.status, 200)
      const lines = (await answer.stream!.text()).trim().split('\n')
      const hit = lines.map((line) => JSON.parse(line)).find(({ event }) => event === 'hit')
      return hit?.cid as string | undefined
    })
    const wrong = await client.search!({ via: 'index' })
    assert.equal(wrong.status, 400)
    assert.match(await wrong.stream!.text(), /"code":"INVALID_ARGUMENT"/)
    const unknown = await client.getDownload!('no such', mine)
    assert.deepEqual([unknown.status, unknown.data.code], [404, 'NOT_FOUND'])
    assert.equal(unknown.headers.get('content-type'), 'application/problem+json; charset=utf-8')
    assert.equal((await client.startDownload!({ target: cid })).status, 401)
    const started = await client.startDownload!({ target: cid, priority: 'high' }, mine)
    assert.deepEqual([started.status, started.data.priority], [201, 'high'])
    const { id } = started.data
    const done = await until('it is done', async () => {
      const { data } = await client.getDownload!(id)
      return data.state === 'done' ? data : undefined
    })
    assert.deepEqual(readFileSync(done.path), bytes)
    assert.equal((await client.startDownload!({ target: cid }, mine)).status, 200, 'it is there')
    const late = await client.pauseDownload!(id, mine)
    assert.deepEqual([late.status, late.data.code], [409, 'CONFLICT'])
    assert.equal((await client.listDownloads!({ state: 'done', limit: 1 })).data.downloads[0].id, id)
    assert.equal((await client.removeDownload!(id, mine)).status, 204)
    assert.equal((await client.removeDownload!(id, mine)).status, 404)
  })

  test('settings with the token, and only as they were read', async () => {
    assert.equal((await client.getConfig!()).status, 401)
    const { data, headers } = await client.getConfig!(mine)
    assert.equal(data.config.name, 'node')
    const ifMatch = (tag: string | null): RequestInit => ({
      headers: { ...mine.headers, 'if-match': String(tag) } as Record<string, string>,
    })
    const etag = headers.get('etag')
    const changed = await client.setConfig!({ uploadLimit: '1MB/s' }, ifMatch(etag))
    assert.equal(changed.status, 200, JSON.stringify(changed.data))
    const outdated = await client.setConfig!({ uploadLimit: '2MB/s' }, ifMatch(etag))
    assert.deepEqual([outdated.status, outdated.data.code], [412, 'PRECONDITION_FAILED'])
    const wrong = await client.setConfig!({ maxDownloads: -1 }, mine)
    assert.deepEqual([wrong.status, wrong.data.code], [400, 'INVALID_CONFIG'])
  })

  test('values and files as bytes, names escaped', async () => {
    const key = 'a key/with ü?'
    const put = await client.putValue!(key, new Blob(['hello']), mine)
    assert.equal(put.status, 200, JSON.stringify(put.data))
    const got = await client.getValue!(key)
    assert.equal(await (got.data as Blob).text(), 'hello')
    const sent = await client.sendFile!('new & old.txt', new Blob(['new']), mine)
    assert.deepEqual([sent.status, sent.data.name], [201, 'new & old.txt'])
    assert.equal((await client.sendFile!('new & old.txt', new Blob(['new']), mine)).status, 200)
  })
})
