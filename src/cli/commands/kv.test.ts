import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { runShoal } from '../../../test/support/cli-run.ts'
import { type FakeHandler, fakeNode } from '../../../test/support/fake-node.ts'

const facts = { version: 1_700_000_000_001, writer: '12D3KooWx', expiresMs: 1_700_086_400_000 }
const stored: FakeHandler = () => ({ json: { key: 'k', ...facts, replicas: 8 } })

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-kv-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

test('put sends the argument, a file, or what is piped in, byte by byte', async (t) => {
  const folder = newFolder(t)
  const binary = Buffer.from(Array.from({ length: 3000 }, (_, i) => i % 256))
  writeFileSync(join(folder, 'v.bin'), binary)
  await using node = await fakeNode({ 'PUT /kv/k': stored })
  const put = (...args: string[]) =>
    runShoal(['kv', 'put', '--node', node.url, ...args], { cwd: folder, stdin: binary })
  const sent = () => node.requests.at(-1)!.bytes
  const said = await put('k', 'hé')
  assert.deepEqual(sent(), Buffer.from('hé'))
  assert.equal(said.stdout, 'k: 3 B at 8 nodes, version 1700000000001\n')
  assert.equal(node.requests.at(-1)!.headers['content-type'], 'application/octet-stream')
  for (const args of [
    ['k', '--file', 'v.bin'],
    ['k', '-'],
    ['k', '--file', '-'],
  ]) {
    assert.equal((await put(...args)).code, 0)
    assert.deepEqual(sent(), binary, args.join(' '))
  }
  await put('k', '')
  assert.equal(sent().length, 0)
  await put('k', '--', '-5')
  assert.equal(sent().toString(), '-5')
  const { lines } = await put('k', 'v', '--json')
  assert.deepEqual(lines, [{ event: 'put', key: 'k', ...facts, replicas: 8 }])
})

test('put of what cannot be asks nothing of the node', async (t) => {
  const folder = newFolder(t)
  writeFileSync(join(folder, 'big'), new Uint8Array(65_537))
  await using node = await fakeNode({})
  const put = async (args: string[], stdin?: Uint8Array) =>
    (await runShoal(['kv', 'put', '--node', node.url, ...args], { cwd: folder, ...(stdin && { stdin }) }))
      .code
  assert.equal(await put(['k']), 2)
  assert.equal(await put(['k', 'v', '--file', 'big']), 2)
  assert.equal(await put(['k', '--file', 'big']), 1)
  assert.equal(await put(['k', '--file', 'none']), 3)
  assert.equal(await put(['k', '-'], new Uint8Array(70_000)), 1)
  assert.equal(await put(['..', 'v']), 2)
  assert.equal(await put(['', 'v']), 2)
  assert.equal(node.requests.length, 0)
})

test('get gives programs the very bytes, people a line, and files whole', async (t) => {
  const folder = newFolder(t)
  const binary = Buffer.from([0xff, 0, 10, 0x1b])
  const found = (value: Buffer, text?: string) => ({
    ...{ key: 'k', ...facts, size: value.length, base64: value.toString('base64') },
    ...(text !== undefined && { text }),
  })
  await using node = await fakeNode({
    'GET /kv/binary': () => ({ json: found(binary) }),
    'GET /kv/a/b ?#%': () => ({ json: found(Buffer.from('he\u001b[31mllo'), 'he\u001b[31mllo') }),
  })
  const get = (args: string[], more: object = {}) =>
    runShoal(['kv', 'get', '--node', node.url, ...args], { cwd: folder, ...more })
  assert.deepEqual((await get(['binary'])).bytes, binary)
  assert.equal((await get(['a/b ?#%'])).stdout, 'he\u001b[31mllo')
  const shown = (await get(['a/b ?#%'], { terminalColumns: 80 })).stdout
  assert.doesNotMatch(shown, /\u001b/)
  assert.match(shown, /^he.*llo\n$/)
  assert.equal((await get(['binary', '--out', 'v'])).stdout, `${join(folder, 'v')}\n`)
  assert.deepEqual(readFileSync(join(folder, 'v')), binary)
  assert.equal((await get(['binary', '--out', '.'])).code, 2)
  assert.deepEqual((await get(['binary', '--json'])).lines, [{ event: 'value', ...found(binary) }])
  const { base64: _, ...rest } = found(binary)
  const saved = await get(['binary', '--json', '--out', 'w'])
  assert.deepEqual(saved.lines, [{ event: 'value', ...rest, path: join(folder, 'w') }])
})

test('a key without a value exits 3, a node outside the DHT says what to do', async () => {
  const outside = { status: 409, code: 'CONFLICT', detail: 'Add dht to its setting discovery.' }
  await using node = await fakeNode({ 'PUT /kv/k': () => ({ problem: outside }) })
  const absent = await runShoal(['kv', 'get', 'none', '--node', node.url, '--json'])
  assert.equal(absent.code, 3)
  assert.equal(absent.lines.at(-1)?.code, 'NOT_FOUND')
  const refused = await runShoal(['kv', 'put', 'k', 'v', '--node', node.url])
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /Add dht/)
})
