import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createIdentity } from '../../src/link/identity.ts'
import type { CommandResult, ShoalProcess } from '../support/process.ts'
import { newWorld } from '../support/shoal.ts'
import { until } from '../support/until.ts'

/** The port that tests do not choose otherwise: the usual one may be another node's. */
const env = { SHOAL_P2P_WS_PORT: '0' }
/** What callers are promised, ms. */
const END_MS = 20_000

const checkOf = ({ lines }: CommandResult, id: string, title = '') => {
  const found = lines.find((line) => line.id === id && String(line.title).includes(title))
  assert.ok(found, `no check ${id} ${title}`)
  return found as { status: string; detail: string; fix: string }
}
const brokenOnes = ({ lines }: CommandResult) =>
  lines.flatMap(({ id, status, detail }) => (status === 'broken' ? [`${id}: ${detail}`] : []))

describe('shoal doctor', () => {
  const world = newWorld()
  let index: ShoalProcess
  /** A data folder as a node makes it. */
  const data = (name: string) => {
    const path = world.folder(`data-${name}`)
    chmodSync(path, 0o700)
    return path
  }
  before(async () => {
    index = await world.startIndex()
  })
  after(() => world[Symbol.asyncDispose]())

  test('a healthy pair of nodes on loopback: nothing is broken', async () => {
    data('anna')
    data('ben')
    const share = world.folder('share')
    const anna = await world.startNode({ name: 'anna', env, shares: [share], index: [index.ready.http] })
    const ben = await world.startNode({
      name: 'ben',
      env,
      index: [index.ready.grpc],
      args: ['--peer', anna.ready.grpc],
    })
    const found = await until('all is found in order', async () => {
      const result = await world.shoal(['doctor', '--json'], ben)
      const settled = ['peers', 'membership', 'index', 'clock'].every(
        (id) => checkOf(result, id).status === 'ok',
      )
      return settled ? result : undefined
    })
    assert.deepEqual([found.code, brokenOnes(found)], [0, []])
    assert.equal(found.lines[0]?.id, 'node')
    for (const id of ['node', 'config', 'data-folder', 'ports', 'node-version', 'identity', 'network'])
      assert.equal(checkOf(found, id).status, 'ok', id)
    assert.match(checkOf(found, 'identity').detail, new RegExp(ben.ready.peerId))
    assert.match(checkOf(found, 'upnp').detail, /loopback/)
    assert.match(checkOf(found, 'reachability').detail, /127\.0\.0\.1 only/)
    assert.equal(found.lines.at(-1)?.event, 'done')

    const other = await world.shoal(['doctor', '--json'], anna)
    assert.equal(checkOf(other, 'shares').detail, '1 configured share can be read.')
    assert.equal(checkOf(other, 'clock').status, 'ok')

    chmodSync(ben.data, 0o777)
    const open = await world.shoal(['doctor', '--json'], ben)
    assert.equal(open.code, 1)
    assert.deepEqual(
      [checkOf(open, 'data-folder').status, checkOf(open, 'data-folder').fix],
      ['broken', `Run: chmod 700 ${ben.data}`],
    )
    await Promise.all([anna.stop(), ben.stop()])
  })

  test('an index server that proves another identity, one that is away, and a silent peer', async () => {
    data('cleo')
    const expected = createIdentity().peerId
    const gone = await closedPort()
    const cleo = await world.startNode({
      name: 'cleo',
      index: [`${expected}@${index.ready.grpc}`, `127.0.0.1:${gone}`],
      args: ['--peer', `127.0.0.1:${gone}`],
    })
    const startMs = performance.now()
    const result = await world.shoal(['doctor', '--json'], cleo)
    assert.ok(performance.now() - startMs < END_MS)
    assert.equal(result.code, 1)
    const wrong = checkOf(result, 'index', index.ready.grpc)
    assert.equal(wrong.status, 'broken')
    assert.equal(wrong.detail, `Wrong identity: ${index.ready.peerId} answers there, not ${expected}.`)
    assert.match(wrong.fix, new RegExp(`${index.ready.peerId}@${index.ready.grpc}`))
    const away = checkOf(result, 'index', String(gone))
    assert.deepEqual([away.status, away.detail], ['broken', 'Unreachable: connection refused.'])
    assert.match(
      checkOf(result, 'peers').detail,
      new RegExp(`127\\.0\\.0\\.1:${gone} \\(connection refused\\)`),
    )
    assert.equal(result.lines.at(-1)?.broken, 3)
    await cleo.stop()
  })

  test('a node that is stopped in its tracks: an end in time, and what is wrong', async () => {
    data('eve')
    const eve = await world.startNode({ name: 'eve' })
    eve.send('SIGSTOP')
    const startMs = performance.now()
    const result = await world.shoal(['doctor', '--json', '--timeout', '3'], eve)
    assert.ok(performance.now() - startMs < END_MS)
    assert.deepEqual([result.code, checkOf(result, 'node').status], [1, 'broken'])
    assert.deepEqual([checkOf(result, 'config').status, checkOf(result, 'data-folder').status], ['ok', 'ok'])
    eve.send('SIGCONT')
    await eve.stop()
  })

  test('without a node: a taken port is told with its owner', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const folder = data('dora')
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ httpPort: port }))
    const result = await world.shoal(['doctor', '--json', '--data', folder])
    assert.deepEqual([result.code, checkOf(result, 'node').status], [1, 'skipped'])
    const ports = checkOf(result, 'ports')
    assert.equal(ports.status, 'broken')
    assert.match(ports.detail, new RegExp(`HTTP ${port} is taken`))
    if (process.platform === 'linux') assert.match(ports.detail, new RegExp(`process ${process.pid}`))
    assert.match(ports.fix, /"httpPort" in .*config\.json/)
    server.close()
    await once(server, 'close')
    const free = await world.shoal(['doctor', '--json', '--data', folder])
    assert.doesNotMatch(checkOf(free, 'ports').detail, new RegExp(`HTTP ${port} is taken`))
    assert.notEqual(checkOf(free, 'ports').status, 'broken')
  })
})

/** A port at which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
