import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { fakeNode } from '../support/fake-node.ts'

const BIN = fileURLToPath(new URL('../../bin/shoal', import.meta.url))

test('a reader that leaves early (| head) is no error', async () => {
  const entry = { cid: 'bafkrei', name: 'x'.repeat(200), path: 'x', size: 1, kind: 'file' }
  const page = { entries: Array.from({ length: 1000 }, () => entry), cursor: 'more' }
  await using node = await fakeNode({ 'GET /library': () => ({ json: page }) })
  for (const flags of [['--json'], []]) {
    const child = spawn(BIN, ['ls', '--node', node.url, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk
    })
    const closed = once(child, 'close')
    await once(child.stdout, 'data')
    child.stdout.destroy()
    const [code, signal] = await closed
    assert.deepEqual([code, signal, stderr], [0, null, ''])
  }
})

test('with --json stdout holds nothing but JSON lines, and a real process exits with the code of its error', async () => {
  const problem = { status: 404, code: 'NOT_FOUND', detail: 'Nobody has it.' }
  await using node = await fakeNode({ 'POST /downloads': () => ({ problem }) })
  const child = spawn(BIN, ['get', 'x', '--json', '--node', node.url], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr] = [child.stdout, child.stderr].map(async (stream) =>
    Buffer.concat(await Array.fromAsync(stream as AsyncIterable<Buffer>)).toString(),
  )
  const [code] = await once(child, 'close')
  assert.equal(code, 3)
  assert.deepEqual(JSON.parse(await stdout!), {
    event: 'error',
    code: 'NOT_FOUND',
    message: 'Nobody has it.',
  })
  assert.equal(await stderr, 'shoal: Nobody has it.\n')
})
