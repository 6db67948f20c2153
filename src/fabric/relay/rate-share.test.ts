import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import { RateShare } from './rate-share.ts'

const KIB = 1024
const MIB = 1024 * KIB

/** A flow that always has more, and counts what it was let pass. */
function greedy(share: RateShare, dialler: string, target: string) {
  const flow = { bytes: 0, leave: () => {} }
  const pump = () => {
    for (;;) {
      const bytes = ticket.take(1 * MIB)
      if (bytes === 0) return
      flow.bytes += bytes
    }
  }
  const ticket = share.join(dialler, target, pump)
  flow.leave = ticket.leave
  pump()
  return flow
}

async function run(clock: ManualClock, ms: number): Promise<void> {
  for (let i = 0; i < ms / 10; i++) await clock.advance(10)
}

test('without rates all passes at once', () => {
  const share = new RateShare(new ManualClock(), { peerBytesPerSecond: 0, bytesPerSecond: 0 })
  assert.equal(share.join('a', 'b', () => {}).take(123_456_789), 123_456_789)
})

test('the rate in all holds, whatever the number of flows', async () => {
  for (const rate of [3 * KIB, 100 * KIB, 50 * MIB]) {
    const clock = new ManualClock()
    const share = new RateShare(clock, { peerBytesPerSecond: 0, bytesPerSecond: rate })
    const flows = Array.from({ length: 5 }, (_, i) => greedy(share, `a${i}`, 'b'))
    await run(clock, 10_000)
    const passed = flows.reduce((sum, { bytes }) => sum + bytes, 0)
    assert.ok(Math.abs(passed / (10 * rate) - 1) < 0.05, `${passed} of ${10 * rate}`)
    share.stop()
  }
})

test('who has many connections gets no more than who has one', async () => {
  const clock = new ManualClock()
  const share = new RateShare(clock, { peerBytesPerSecond: 0, bytesPerSecond: MIB })
  const many = Array.from({ length: 30 }, (_, i) => greedy(share, 'many', `t${i}`))
  const one = greedy(share, 'one', 't')
  await run(clock, 10_000)
  const ofMany = many.reduce((sum, { bytes }) => sum + bytes, 0)
  assert.ok(Math.abs(ofMany / one.bytes - 1) < 0.1, `${ofMany} and ${one.bytes}`)
  assert.ok(
    many.every(({ bytes }) => bytes > 0),
    'within one peer its flows take turns',
  )
  share.stop()
})

test('the rate of a peer holds for all it takes part in, and who is slow does not hold up others', async () => {
  const clock = new ManualClock()
  const share = new RateShare(clock, { peerBytesPerSecond: 200 * KIB, bytesPerSecond: MIB })
  const busy = [greedy(share, 'a', 'x'), greedy(share, 'b', 'x'), greedy(share, 'c', 'x')]
  const free = greedy(share, 'd', 'y')
  await run(clock, 10_000)
  const ofX = busy.reduce((sum, { bytes }) => sum + bytes, 0)
  assert.ok(Math.abs(ofX / (2000 * KIB) - 1) < 0.1, `${ofX}`)
  assert.ok(Math.abs(free.bytes / (2000 * KIB) - 1) < 0.1, `${free.bytes}`)
  share.stop()
})

test('a change of the rates takes effect at once, for those who wait too', async () => {
  const clock = new ManualClock()
  const share = new RateShare(clock, { peerBytesPerSecond: 0, bytesPerSecond: 10 * KIB })
  const flow = greedy(share, 'a', 'b')
  await run(clock, 1000)
  const before = flow.bytes
  share.update({ peerBytesPerSecond: 0, bytesPerSecond: 1000 * KIB })
  await run(clock, 1000)
  assert.ok(flow.bytes - before > 900 * KIB, `${flow.bytes - before}`)
  share.stop()
})

test('who leaves is given no turn any more', async () => {
  const clock = new ManualClock()
  const share = new RateShare(clock, { peerBytesPerSecond: 0, bytesPerSecond: 100 * KIB })
  const gone = greedy(share, 'a', 'b')
  const stays = greedy(share, 'c', 'd')
  await run(clock, 1000)
  gone.leave()
  const { bytes } = gone
  const before = stays.bytes
  await run(clock, 10_000)
  assert.equal(gone.bytes, bytes)
  assert.ok(stays.bytes - before > 900 * KIB)
  share.stop()
})
