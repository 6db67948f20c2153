import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { RateMeter } from '../base/rate-meter.ts'
import { MIB } from '../base/units.ts'
import { BLOCK_SIZE } from '../content/cid.ts'
import { Asking, type AskingSetup } from './asking.ts'

const SOURCES = 16

/** Sixteen sources, each of which was seen to send 1 MiB/s while it sent. */
function setUp() {
  const clock = new ManualClock(0)
  const asked = { whole: 0, inParts: 0 }
  const sources = Array.from({ length: SOURCES }, (_, at) => ({
    provider: { peerId: `${at}` },
    address: '10.0.0.1:1',
    isOpen: true,
    window: { rateBytesPerSecond: MIB, windowBytes: 4 * MIB, askBelowBytes: 3 * MIB },
    meter: new RateMeter(),
    yieldBytesPerSecond: MIB,
    overdueMs: () => 0,
    hardlyBegun: () => [],
    cancel: () => {},
    want: (indices: readonly number[]) => {
      asked.whole += indices.length
    },
    wantParts: () => void asked.inParts++,
  }))
  const scheduled = { askedBytes: 0, rateBytesPerSecond: 0, silentMs: 0 }
  const asking = new Asking({
    context: { clock, health: { rateOf: () => undefined } },
    target: { layout: {}, blockCount: 100, plannedSizeOf: () => BLOCK_SIZE },
    sink: { isBehind: false, writingBytes: 0, coming: { hasRoom: true, from: () => undefined } },
    scheduler: {
      openCount: 10,
      hasUrgent: false,
      source: () => scheduled,
      takeMoved: () => [],
      nextUrgent: () => [],
      next: () => [0],
    },
    sources: new Map(sources.map((source) => [source.provider.peerId, source])),
    order: () => 'rarest',
    share: () => ({ room: () => 64 * MIB, set: () => {} }),
  } as unknown as AskingSetup)
  const receive = async (bytesPerSecond: number, seconds: number) => {
    for (let tick = 0; tick < 10 * seconds; tick++) {
      await clock.advance(100)
      sources[tick % SOURCES]!.meter.add(bytesPerSecond / 10, clock.monotonic())
    }
  }
  return { asking, sources, asked, receive }
}

/** What a source is asked for after so many bytes a second have come from all in turns for three seconds. */
async function askedAt(bytesPerSecond: number) {
  const { asking, sources, asked, receive } = setUp()
  asking.becomesShared()
  await receive(bytesPerSecond, 3)
  asking.pump(sources[0] as never)
  return asked
}

test('many sources that take turns on one slow downlink are no fast download: blocks are asked for in parts', async () => {
  assert.deepEqual(await askedAt(2 * MIB), { whole: 0, inParts: 1 })
})

test('what is fast in all is asked for as whole blocks, however many send it', async () => {
  assert.deepEqual(await askedAt(16 * MIB), { whole: 1, inParts: 0 })
})
