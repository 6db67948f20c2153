import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeRandomFile } from '../support/files.ts'
import type { ShoalProcess } from '../support/process.ts'
import { newWorld } from '../support/shoal.ts'

const STOP_LIMIT_MS = 5000

async function stopsInTime(server: ShoalProcess, signal: NodeJS.Signals): Promise<void> {
  const startMs = performance.now()
  server.send(signal)
  assert.deepEqual(await server.ended, { code: 0, signal: null }, server.log())
  assert.ok(performance.now() - startMs < STOP_LIMIT_MS)
}

test('SIGTERM and SIGINT stop a node and an index server cleanly, with exit 0', async () => {
  await using world = newWorld()
  const index = await world.startIndex()
  const share = world.folder('share')
  writeRandomFile(join(share, 'x.bin'), 1000)
  const servers = [index.ready.grpc]
  const [busy, idle] = await Promise.all([
    world.startNode({ name: 'busy', shares: [share], index: servers }),
    world.startNode({ name: 'idle', index: servers }),
  ])
  // A download without any source and an open stream of events must not hold the node up.
  const unknown = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'
  const waiting = world.command(['get', unknown, '--json'], busy)
  const first = await waiting.lines[Symbol.asyncIterator]().next()
  assert.equal((first.value as { event: string }).event, 'progress')
  await stopsInTime(busy, 'SIGTERM')
  const { code, lines } = await waiting.result
  assert.deepEqual([code, lines.at(-1)?.code], [1, 'UNAVAILABLE'])
  await stopsInTime(idle, 'SIGINT')
  await stopsInTime(index, 'SIGTERM')
})

test('a second node on the same data folder is refused, and the first goes on', async () => {
  await using world = newWorld()
  const first = await world.startNode({ name: 'same' })
  const second = await world.shoal([
    'start',
    ...['--data', first.data, '--http-port', '0', '--grpc-port', '0', '--grpc-host', '127.0.0.1', '--json'],
  ])
  assert.equal(second.code, 1)
  const error = second.lines.at(-1)
  assert.deepEqual([error?.event, error?.code], ['error', 'CONFLICT'])
  assert.match(String(error?.message), new RegExp(`${first.data}|in use|already`))
  assert.equal((await world.shoal(['id', '--json'], first)).lines[0]?.peerId, first.ready.peerId)
  await first.stop()
  const again = await world.startNode({ name: 'same' })
  assert.equal(again.ready.peerId, first.ready.peerId, 'the identity stays')
})

/** Takes a port on loopback; whoever has it already takes it as well. */
async function occupy(port: number): Promise<Server & AsyncDisposable> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve)
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve() : reject(error),
    )
    server.listen(port, '127.0.0.1')
  })
  return Object.assign(server, {
    [Symbol.asyncDispose]: async () => {
      if (!server.listening) return
      server.close()
      await once(server, 'close')
    },
  })
}

test('default ports that are taken give way, ports that were asked for do not', async () => {
  await using world = newWorld()
  await using _http = await occupy(8081)
  await using _grpc = await occupy(9081)
  const data = world.folder('data-default')
  const command = world.command(['start', '--data', data, '--grpc-host', '127.0.0.1', '--no-mdns', '--json'])
  const { value } = await command.lines[Symbol.asyncIterator]().next()
  const ready = value as { event: string; http: string; grpc: string }
  assert.equal(ready.event, 'ready')
  assert.notEqual(new URL(ready.http).port, '8081')
  assert.notEqual(ready.grpc, '127.0.0.1:9081')
  command.send('SIGTERM')
  const stopped = await command.result
  assert.equal(stopped.code, 0)
  assert.match(stopped.stderr, /8081/, 'it says that another port was taken')

  for (const taken of [
    ['--http-port', '8081', '--grpc-port', '0'],
    ['--http-port', '0', '--grpc-port', '9081'],
  ]) {
    const refused = await world.shoal([
      'start',
      '--data',
      data,
      '--grpc-host',
      '127.0.0.1',
      ...taken,
      '--json',
    ])
    assert.equal(refused.code, 1)
    assert.equal(refused.lines.at(-1)?.event, 'error')
    assert.match(String(refused.lines.at(-1)?.message), /8081|9081/)
  }
})

test('a start that cannot work ends with exit 1 or 2 and says why', async () => {
  await using world = newWorld()
  const cases: [string[], number, RegExp][] = [
    [['--data', 'no-json'], 1, /no-json/],
    [['--discovery', 'index,magic'], 2, /magic|index, zone, flood, dht/],
    [['--name', 'a\u0007b'], 2, /name/],
    [['--config', 'no-json'], 2, /no-json/],
  ]
  writeRandomFile(join(world.root, 'no-json'), 10)
  for (const [args, code, message] of cases) {
    const ports = ['--http-port', '0', '--grpc-port', '0', '--grpc-host', '127.0.0.1']
    const result = await world.shoal(['start', '--data', 'data-bad', ...ports, ...args, '--json'])
    assert.equal(result.code, code, `${args.join(' ')}: ${result.stderr}`)
    assert.equal(result.lines.at(-1)?.event, 'error')
    assert.match(String(result.lines.at(-1)?.message), message)
  }
})
