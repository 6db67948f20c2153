import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ManualClock, systemClock } from '../../base/clock.ts'
import { silentLogger } from '../../base/log.ts'
import { systemRandom } from '../../base/random.ts'
import { BLOCK_SIZE } from '../../content/cid.ts'
import { PeerService } from '../../contract/gen/shoal/v1/peer_pb.ts'
import { loadIdentity } from '../../link/identity.ts'
import type { PeerLine } from '../../link/line.ts'
import { LinkPool } from '../../link/pool.ts'
import { LinkServer } from '../../link/server.ts'
import { TransferLimits } from '../limits/transfer-limits.ts'
import type { PeerClient } from '../ports.ts'
import { content, TestWorld } from '../testing/world.ts'
import { BLOCKS_ALPN, messageFrame } from './frames.ts'
import { TakerLines } from './taker-lines.ts'

const world = new TestWorld()
after(() => world.close())

const WASTE = new Uint8Array(100)
const IGNORES = { next: () => WASTE, filled: () => {} }

let count = 0
async function newPool(): Promise<LinkPool> {
  const identity = await loadIdentity(join(world.folder, `pool ${count++}`))
  const pool = new LinkPool({ identity, log: silentLogger, clock: systemClock, random: systemRandom })
  world.defer(() => pool.close())
  return pool
}

for (const grpcOnly of [false, true]) {
  test(`a file and a folder of a peer that speaks ${grpcOnly ? 'gRPC only' : 'frames'}`, async () => {
    const peer = await world.peer(`peer ${grpcOnly}`, { grpcOnly })
    const big = content(9 * BLOCK_SIZE + 3, 1)
    const { cid } = await peer.share('big', big)
    const small = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [`d${i % 3}/f${i}`, content(i * 400, i + 9)]),
    )
    const dag = await peer.shareFolder(small)
    const pool = await newPool()
    const alpns: string[] = []
    const opening: LinkPool['openLine'] = async (target, alpn, reader, options) => {
      alpns.push(alpn)
      return pool.openLine(target, alpn, reader, options)
    }
    const fetcher = await world.fetcher(`to ${grpcOnly}`, {
      providers: [peer.provider],
      setup: { pool: { connect: pool.connect.bind(pool), openLine: opening } },
    })
    const [file, folder] = await Promise.all([
      fetcher.downloads.add({ cid, name: 'big' }),
      fetcher.downloads.add({ cid: dag.cid, name: 'folder' }),
    ])
    const view = await fetcher.end(file.id)
    assert.equal(view.state, 'done', view.error?.message)
    assert.deepEqual(readFileSync(view.path), Buffer.from(big))
    const whole = await fetcher.end(folder.id)
    assert.equal(whole.state, 'done', whole.error?.message)
    for (const [path, bytes] of Object.entries(small))
      assert.deepEqual(readFileSync(join(whole.path, path)), Buffer.from(bytes), path)
    // One line serves all files; that a peer does not speak frames is found out once.
    assert.deepEqual(alpns, [BLOCKS_ALPN])
  })
}

/** A peer whose line says what it likes. */
async function liar(name: string, say: (line: PeerLine) => void) {
  const honest = await world.peer(name, { grpcOnly: true })
  const identity = await loadIdentity(join(world.folder, `${name} line`))
  const server = new LinkServer({
    identity,
    host: '127.0.0.1',
    port: 0,
    log: silentLogger,
    clock: systemClock,
  })
  server.addLine(BLOCKS_ALPN, (line) => {
    line.read(IGNORES)
    say(line)
  })
  const { host, port } = await server.start()
  world.defer(() => server.stop({ graceMs: 0 }))
  return { honest, provider: { peerId: identity.peerId, name, addresses: [`${host}:${port}`] } }
}

const lies: Record<string, (line: PeerLine) => void> = {
  'what are no frames': (line) =>
    line.write(Buffer.from('HTTP/1.1 200 OK\r\n\r\nhello, this is a web server')),
  'a message that is none': (line) => line.write(messageFrame(Uint8Array.of(0xff, 0xff, 0xff))),
  'blocks of a file that nobody opened': (line) =>
    line.write(Uint8Array.from([0, 0, 0, 14, 1, 0, 0, 0, 99, 0, 0, 0, 0, 0, 0, 0, 0, 7])),
}

for (const [what, say] of Object.entries(lies)) {
  test(`a line that carries ${what} is cut, and its peer banned`, async () => {
    const { honest, provider } = await liar(what, say)
    const bytes = content(2 * BLOCK_SIZE + 1, 7)
    const { cid } = await honest.share('f', bytes)
    const fetcher = await world.fetcher(`victim ${what}`, { providers: [honest.provider, provider] })
    const view = await fetcher.end((await fetcher.downloads.add({ cid })).id)
    assert.equal(view.state, 'done', view.error?.message)
    assert.deepEqual(readFileSync(view.path), Buffer.from(bytes))
    assert.deepEqual(
      view.dropped.map(({ peerId }) => peerId),
      [provider.peerId],
    )
  })
}

test('to a peer that is linked the line opens while the manifest comes', async () => {
  const peer = await world.peer('linked')
  const bytes = content(BLOCK_SIZE + 1, 3)
  const { cid } = await peer.share('f', bytes)
  const pool = await newPool()
  const opened = Promise.withResolvers<void>()
  const fetcher = await world.fetcher('to linked', {
    providers: [peer.provider],
    setup: {
      pool: {
        connect: (service, target) => {
          const client = pool.connect(service, target)
          const getManifest = async function* (...args: [never, never]) {
            await opened.promise
            yield* (client as unknown as PeerClient).getManifest(...args)
          }
          return { ...client, getManifest }
        },
        openLine: (...args) => {
          opened.resolve()
          return pool.openLine(...args)
        },
      },
    },
  })
  await pool.connect(PeerService, peer.provider).hello({})
  const view = await fetcher.end((await fetcher.downloads.add({ cid })).id)
  assert.equal(view.state, 'done', view.error?.message)
})

test('a line that was opened for nothing is closed after a while', async () => {
  const peer = await world.peer('idle')
  const pool = await newPool()
  const clock = new ManualClock()
  const opened = Promise.withResolvers<PeerLine>()
  let asked = 0
  const lines = new TakerLines({
    opener: {
      openLine: async (target, ...rest) => {
        if (target.peerId === peer.provider.peerId) asked++
        const line = await pool.openLine(target, ...rest)
        opened.resolve(line)
        return line
      },
    },
    connect: (provider) => pool.connect(PeerService, provider),
    limits: new TransferLimits(clock),
    self: () => undefined,
    clock,
  })
  lines.warm(peer.provider)
  lines.warm(peer.provider)
  // Nobody is there: told when a file is opened, and to nobody now.
  lines.warm({ ...peer.provider, peerId: 'nobody', addresses: [] })
  const line = await opened.promise
  await clock.advance(6000)
  await line.lost
  assert.equal(asked, 1)
  lines.close()
})

test('a client that sends no frames is cut off, others are served', async () => {
  const peer = await world.peer('served')
  const pool = await newPool()
  for (const bytes of [Buffer.from('GET / HTTP/1.1\r\n\r\n'), messageFrame(Uint8Array.of(0xff, 0xff))]) {
    const line = await pool.openLine(peer.provider, BLOCKS_ALPN, IGNORES, {
      signal: AbortSignal.timeout(5000),
    })
    line.write(bytes)
    await line.lost
  }
  assert.deepEqual(peer.slots.snapshot().active, [])
})

test('a protocol that a peer does not speak is no connection', async () => {
  const peer = await world.peer('other')
  const pool = await newPool()
  const opening = pool.openLine(peer.provider, 'shoal-other/1', IGNORES, {
    signal: AbortSignal.timeout(5000),
  })
  await assert.rejects(opening, { code: 'UNAVAILABLE' })
})
