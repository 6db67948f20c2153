import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { Stream } from '@libp2p/interface'
import { until } from '../../../test/support/until.ts'
import { systemClock } from '../../base/clock.ts'
import { MIB } from '../../base/units.ts'
import type { Refusal } from './codes.ts'
import { ConnectionTable } from './connection-table.ts'
import { DEFAULT_RELAY_OPTIONS, type RelayOptions } from './options.ts'
import { DayQuotas } from './quotas.ts'
import { RateShare } from './rate-share.ts'
import { hashOf, sendRandom } from './testing/bytes.ts'
import { Hosts } from './testing/hosts.ts'

function makeTable(change: Partial<RelayOptions> = {}) {
  const options = { ...DEFAULT_RELAY_OPTIONS, ...change }
  const ended: (Refusal | undefined)[] = []
  const told: Refusal[] = []
  const table = new ConnectionTable({
    clock: systemClock,
    quotas: new DayQuotas(systemClock, options),
    rates: new RateShare(systemClock, options),
    options: () => options,
    notify: async (_, refusal) => void told.push(refusal),
    onPassed: () => {},
    onEnded: (_, refusal) => void ended.push(refusal),
  })
  return { table, ended, told }
}

/** Two streams that the table joins, each with its other end: `a` and `b` talk to each other through a host between them. */
async function joined(
  hosts: Hosts,
  table: ConnectionTable,
  windowOfB?: number,
): Promise<{ a: Stream; b: Stream }> {
  const [a, middle, b] = [await hosts.bare(), await hosts.bare(), await hosts.bare(windowOfB)]
  const atB = Promise.withResolvers<Stream>()
  const arrived = Promise.withResolvers<Stream>()
  await middle.handle('/in', (stream) => arrived.resolve(stream))
  await b.handle('/out', (stream) => atB.resolve(stream))
  const fromA = await a.dialProtocol(middle.getMultiaddrs(), '/in')
  const toB = await middle.dialProtocol(b.getMultiaddrs(), '/out')
  table.open('a', 'b').join(await arrived.promise, toB)
  return { a: fromA, b: await atB.promise }
}

for (const [bufferBytes, leastBytes, mostBytes] of [
  [0, 1, 2 * MIB],
  [512 * MIB, 2 * MIB, 9.5 * MIB],
] as const) {
  test(`a receiver that stops and goes on gets everything, when ${bufferBytes / MIB} MiB may wait`, async () => {
    await using hosts = new Hosts()
    const { table, ended } = makeTable({ bufferBytes })
    // What is handed over at once when reading goes on is more than the receiver takes, so that it must be stopped again.
    const { a, b } = await joined(hosts, table, 256 * 1024)
    const hash = createHash('sha256')
    let [received, highest, stops] = [0, 0, 0]
    const end = Promise.withResolvers<void>()
    const stopAWhile = async () => {
      b.pause()
      stops++
      let [before, looks] = [-1, 0]
      await until('the relay to wait', () => {
        highest = Math.max(highest, table.waitingBytes)
        looks = table.waitingBytes === before ? looks + 1 : 0
        before = table.waitingBytes
        return looks >= 3 || undefined
      })
      b.resume()
    }
    b.addEventListener('message', ({ data }) => {
      hash.update(data.subarray())
      received += data.byteLength
      // Not from here: a pause in the midst of `resume` is lost.
      if (received > (stops + 1) * 24 * MIB)
        queueMicrotask(() => b.readStatus === 'readable' && void stopAWhile())
    })
    b.addEventListener('end', () => end.resolve())
    const sent = await sendRandom(a, 128)
    await end.promise
    assert.equal(hash.digest('hex'), sent)
    assert.ok(stops >= 3)
    assert.ok(highest >= leastBytes && highest <= mostBytes, `${highest / MIB} MiB waited`)
    await b.close()
    await until('the end', () => ended.length === 1 || undefined)
    assert.deepEqual(ended, [undefined])
  })
}

test('one end may stop sending and go on receiving', async () => {
  await using hosts = new Hosts()
  const { table, ended } = makeTable()
  const { a, b } = await joined(hosts, table)
  const atB = hashOf(b)
  const sentByA = await sendRandom(a, 2)
  assert.equal(await atB, sentByA)
  const atA = hashOf(a)
  const sentByB = await sendRandom(b, 2)
  assert.equal(await atA, sentByB)
  await until('the end', () => ended.length === 1 || undefined)
  assert.equal(table.size, 0)
})

test('what was sent before an end left still arrives', async () => {
  await using hosts = new Hosts()
  const { table } = makeTable()
  const { a, b } = await joined(hosts, table)
  b.pause()
  const atB = (async () => {
    await until('bytes to wait', () => table.waitingBytes > 0 || b.readBufferLength > 0 || undefined)
    b.resume()
    return hashOf(b)
  })()
  const sent = await sendRandom(a, 8)
  assert.equal(await atB, sent)
})

test('an end that breaks off ends the other, and places come free', async () => {
  await using hosts = new Hosts()
  const { table, ended } = makeTable({ connections: 1 })
  const { a, b } = await joined(hosts, table)
  assert.equal(table.refusal('c', 'd')?.code, 'TOTAL_CONNECTIONS')
  a.abort(new Error('enough'))
  await until('the other end', () => b.status === 'reset' || undefined)
  assert.deepEqual(ended, [undefined])
  assert.equal(table.refusal('c', 'd'), undefined)
  assert.equal(table.countOf('a'), 0)
})

test('places of a connection that comes to nothing come free', () => {
  const { table } = makeTable({ connectionsPerPeer: 1 })
  const opening = table.open('a', 'b')
  const { code, about } = table.refusal('c', 'b')!
  assert.deepEqual([code, about], ['PEER_CONNECTIONS', 'b'])
  opening.fail()
  assert.equal(table.refusal('c', 'b'), undefined)
  assert.equal(table.size, 0)
})

test('a limit lets exactly so many bytes pass', async () => {
  await using hosts = new Hosts()
  const { table, ended, told } = makeTable({ connectionBytes: 1_000_001 })
  const { a, b } = await joined(hosts, table)
  let received = 0
  b.addEventListener('message', ({ data }) => {
    received += data.byteLength
  })
  a.send(new Uint8Array(2 * MIB))
  await until('the end', () => ended.length === 1 || undefined)
  assert.deepEqual(
    told.map(({ code }) => code),
    ['CONNECTION_BYTES'],
  )
  await until('both ends to know', () => (a.status === 'reset' && b.status === 'reset') || undefined)
  assert.ok(received <= 1_000_001)
})
