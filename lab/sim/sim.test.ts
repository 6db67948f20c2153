import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { sleep } from '../../src/base/clock.ts'
import { ShoalError } from '../../src/base/errors.ts'
import { seededRandom } from '../../src/base/random.ts'
import { NeighbourMessageSchema, NeighbourService } from '../../src/contract/gen/shoal/v1/neighbour_pb.ts'
import type { NeighbourStream } from '../../src/discovery/membership/ports.ts'
import { SimNetwork, type SimNetworkSetup } from './network.ts'
import { VirtualClock } from './virtual-clock.ts'

function pair(options: Partial<SimNetworkSetup> = {}, bOptions: { nat?: boolean } = {}) {
  const clock = new VirtualClock()
  const network = new SimNetwork({ clock, random: seededRandom(1), wire: true, ...options })
  const [a, b] = [network.addHost({ peerId: 'a' }), network.addHost({ peerId: 'b', ...bOptions })]
  const client = a.links.connect(NeighbourService, { peerId: 'b', addresses: [b.address] })
  return { clock, network, a, b, client }
}

/** Runs the clock until `promise` is settled. */
async function settled<T>(clock: VirtualClock, promise: Promise<T>): Promise<T> {
  let isOver = false
  const over = () => {
    isOver = true
  }
  promise.then(over, over)
  await clock.runUntil(() => isOver, 60_000)
  return promise
}

const beat = (number: number) =>
  create(NeighbourMessageSchema, { message: { case: 'heartbeat', value: { number } } })

test('timers run in order of time, equal ones in order of scheduling, with promises settled in between', async () => {
  const clock = new VirtualClock()
  const log: string[] = []
  clock.schedule(() => log.push('b'), 20)
  clock.schedule(() => log.push('a'), 10.5)
  clock.schedule(() => log.push('c'), 20)
  clock.schedule(() => log.push('never'), 15).cancel()
  void sleep(clock, 20).then(() => log.push(`d at ${clock.monotonic()}`))
  assert.equal(await clock.runUntil(() => log.includes('c'), 1000), true)
  assert.deepEqual(log, ['a', 'b', 'c', 'd at 20'])
  assert.equal(await clock.runUntil(() => false, 500), false)
  assert.equal(clock.monotonic(), 520)
})

test('a call costs a connection and a round trip, the next one a round trip only', async () => {
  const { clock, b, client, network } = pair()
  const callers: string[] = []
  b.serve(NeighbourService, {
    ping: (_request, { peerId }) => {
      callers.push(peerId)
      return {}
    },
  })
  const meter = { messages: 0, bytes: 0 }
  await settled(clock, client.ping({ record: { record: Buffer.from('abc') } }, { meter }))
  const first = clock.monotonic()
  await settled(clock, client.ping({}))
  assert.ok(first > 1.5 * (clock.monotonic() - first), `${first}`)
  assert.deepEqual([meter.messages, meter.bytes > 3, network.sent.get('Ping')], [2, true, 4])
  assert.deepEqual(callers, ['a', 'a'])
})

test('errors arrive with their code, an abort and leaving reach the other side', async () => {
  const { clock, b, client } = pair()
  let ended = 0
  b.serve(NeighbourService, {
    ping: () => {
      throw new ShoalError('BUSY', 'too much')
    },
    async *getPeers(_request, { signal }) {
      signal.addEventListener('abort', () => ended++)
      for (;;) {
        yield {}
        await sleep(clock, 100, signal)
      }
    },
  })
  await assert.rejects(settled(clock, client.ping({})), { code: 'BUSY', message: 'too much' })
  const read = async () => {
    for await (const _ of client.getPeers({})) break
  }
  await settled(clock, read())
  await clock.run(1000)
  assert.equal(ended, 1)
  const late = async () => {
    for await (const _ of client.getPeers({}, { timeoutMs: 450 }));
  }
  await assert.rejects(settled(clock, late()), { code: 'TIMED_OUT' })
  await clock.run(1000)
  assert.equal(ended, 2)
})

test('a killed process refuses, a silent machine and one behind NAT do not answer, a wrong peer is told', async () => {
  const killed = pair()
  killed.b.kill()
  await assert.rejects(settled(killed.clock, killed.client.ping({})), /refuses/)
  assert.ok(killed.clock.monotonic() < 1000)
  const silent = pair()
  silent.b.kill({ silent: true })
  await assert.rejects(settled(silent.clock, silent.client.ping({})), /No answer/)
  const nat = pair({}, { nat: true })
  await assert.rejects(settled(nat.clock, nat.client.ping({})), /No answer/)
  const { clock, a, b } = pair()
  const wrong = a.links.connect(NeighbourService, { peerId: 'c', addresses: [b.address] })
  await assert.rejects(settled(clock, wrong.ping({})), { code: 'WRONG_IDENTITY' })
})

test('neighbours talk in order over one stream, both ways, and notice when the other process dies', async () => {
  const { clock, a, b } = pair({ latency: { loss: 0.3 } })
  const [atA, atB]: [string[], string[]] = [[], []]
  let accepted: NeighbourStream | undefined
  b.transport.onStream = (stream) => {
    accepted = stream
    assert.equal(stream.peerId, 'a')
    stream.listen(
      (message) => {
        atB.push(`${message.message.case} ${(message.message.value as { number: number }).number}`)
        stream.send(message)
      },
      () => atB.push('closed'),
    )
  }
  const opening = a.transport.open({ peerId: 'b', addresses: [b.address] }, new AbortController().signal)
  const stream = await settled(clock, opening)
  stream.listen(
    (message) => atA.push(`${(message.message.value as { number: number }).number}`),
    () => atA.push('closed'),
  )
  for (let i = 0; i < 50; i++) stream.send(beat(i))
  await clock.run(20_000)
  const numbers = Array.from({ length: 50 }, (_, i) => i)
  assert.deepEqual(
    atB,
    numbers.map((i) => `heartbeat ${i}`),
  )
  assert.deepEqual(atA, numbers.map(String))
  assert.ok(accepted)
  b.kill()
  await clock.run(2000)
  assert.equal(atA.at(-1), 'closed')
  assert.equal(stream.send(beat(1)), false)
})

test('a parted network carries nothing across until it is healed', async () => {
  const { clock, network, b, client } = pair()
  b.serve(NeighbourService, { ping: () => ({}) })
  network.partition((host) => (host === b ? 1 : 0))
  await assert.rejects(settled(clock, client.ping({})), { code: 'UNAVAILABLE' })
  network.heal()
  await settled(clock, client.ping({}))
})
