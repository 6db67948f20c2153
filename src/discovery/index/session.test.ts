import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { ManualClock } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { silentLogger } from '../../base/log.ts'
import { backoffMs, seededRandom } from '../../base/random.ts'
import {
  HeartbeatResponseSchema,
  ListPeersResponseSchema,
  LoginResponseSchema,
} from '../../contract/gen/shoal/v1/index_pb.ts'
import { SharedSet } from '../testing/shared-set.ts'
import { parseIndexAddress } from './address.ts'
import { DEFAULT_INDEX_LOCATOR_OPTIONS } from './options.ts'
import { type IndexClient, IndexSession } from './session.ts'

const HEARTBEAT_MS = 5000

/** A server behind a link that, after a failed attempt, fails at once for up to 2 s, as the pool's do. No network. */
function setUp(seed: number) {
  const clock = new ManualClock()
  const random = seededRandom(seed)
  const server = { isUp: true, hasSession: false, logins: [] as number[], heartbeats: 0 }
  const source = new SharedSet()
  let failures = 0
  let refusingUntilMs = 0
  const call =
    <T>(answer: () => T) =>
    async (): Promise<T> => {
      if (clock.monotonic() >= refusingUntilMs && server.isUp) {
        failures = 0
        return answer()
      }
      if (clock.monotonic() >= refusingUntilMs) {
        refusingUntilMs = clock.monotonic() + backoffMs(random, failures++, { baseMs: 200, maxMs: 2000 })
      }
      throw new ShoalError('UNAVAILABLE', 'connect ECONNREFUSED')
    }
  const client = {
    login: call(() => {
      server.hasSession = true
      server.logins.push(clock.now())
      const revision = source.revision()
      return create(LoginResponseSchema, { heartbeatIntervalMs: HEARTBEAT_MS, leaseMs: 15_000, revision })
    }),
    heartbeat: call(() => {
      if (!server.hasSession) throw new ShoalError('NOT_FOUND')
      server.heartbeats++
      return create(HeartbeatResponseSchema)
    }),
    listPeers: call(() => create(ListPeersResponseSchema)),
    logout: call(() => ({})),
    remoteAddress: () => undefined,
    remotePeerId: () => undefined,
  } as unknown as IndexClient
  const session = new IndexSession({
    ...{ clock, random, source, log: silentLogger, options: DEFAULT_INDEX_LOCATOR_OPTIONS },
    server: parseIndexAddress('127.0.0.1:9080'),
    links: { connect: () => client },
    self: () => ({ peerId: 'P', name: 'n', addresses: [], version: '0', grpcPort: 0 }),
    onPeers: () => {},
  })
  return { clock, server, session, searchFails: call(() => {}) }
}

test('sends a heartbeat as often as the server says', async () => {
  const { clock, server, session } = setUp(1)
  session.start()
  await clock.advance(0)
  assert.equal(session.state.kind, 'online')
  await clock.advance(4 * HEARTBEAT_MS)
  assert.deepEqual([server.logins.length, server.heartbeats], [1, 4])
  await session.stop()
  await clock.advance(4 * HEARTBEAT_MS)
  assert.deepEqual([session.state.kind, server.heartbeats], ['stopped', 4])
})

test('a server that lost its sessions has this node again within one heartbeat, however long it was away', async () => {
  const run = async (seed: number, aliveMs: number, awayMs: number) => {
    const { clock, server, session, searchFails } = setUp(seed)
    session.start()
    await clock.advance(aliveMs)
    server.isUp = false
    server.hasSession = false
    await clock.advance(awayMs)
    // A search just before it comes back makes the link refuse for a while.
    await searchFails().catch(() => {})
    server.isUp = true
    await clock.advance(HEARTBEAT_MS)
    assert.ok(server.hasSession)
    assert.equal(session.state.kind, 'online')
    await session.stop()
  }
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: 60_000 }), run),
    { numRuns: 30 },
  )
})

test('says why there is no link, and that none was made yet', async () => {
  const { clock, server, session } = setUp(2)
  const signal = new AbortController().signal
  const early = assert.rejects(session.link(signal), { code: 'UNAVAILABLE', message: 'not connected yet' })
  await clock.advance(DEFAULT_INDEX_LOCATOR_OPTIONS.joinWaitMs)
  await early
  server.isUp = false
  session.start()
  await assert.rejects(session.link(signal), { code: 'UNAVAILABLE', message: 'connection refused' })
  server.isUp = true
  await clock.advance(HEARTBEAT_MS)
  await session.link(signal)
  await session.stop()
})
