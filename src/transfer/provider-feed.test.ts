import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { silentLogger } from '../base/log.ts'
import { peerIdFromPublicKey } from '../link/peer-id.ts'
import { DEFAULT_TRANSFER_OPTIONS } from './options.ts'
import type { Provider } from './ports.ts'
import { ProviderFeed } from './provider-feed.ts'

const PEER = peerIdFromPublicKey(new Uint8Array(32).fill(2))
const provider = (peerId: string): Provider => ({ peerId, name: '', addresses: [] })

function setup(lazy = false) {
  const clock = new ManualClock()
  const lookUps: number[] = []
  let answer: () => AsyncIterable<Provider> = async function* () {}
  const feed = new ProviderFeed({
    lookUp: () => {
      lookUps.push(clock.monotonic() - startMs)
      return answer()
    },
    lazy,
    clock,
    log: silentLogger,
    options: { ...DEFAULT_TRANSFER_OPTIONS, lookupHurryMs: 1000, lookupEveryMs: 30_000 },
  })
  const startMs = clock.monotonic()
  const abort = new AbortController()
  const running = feed.run(abort.signal)
  const stop = async () => {
    abort.abort()
    await running
  }
  return {
    clock,
    feed,
    lookUps,
    stop,
    answer: (how: () => AsyncIterable<Provider>) => {
      answer = how
    },
  }
}

test('at ease it looks every thirty seconds', async () => {
  const { clock, lookUps, stop } = setup()
  for (let i = 0; i < 100; i++) await clock.advance(1000)
  assert.deepEqual(lookUps, [0, 30_000, 60_000, 90_000])
  await stop()
})

test('in a hurry it looks soon, and less and less often while that brings nobody', async () => {
  const { clock, feed, lookUps, stop } = setup()
  for (let i = 0; i < 1000; i++) {
    feed.hurry()
    await clock.advance(100)
  }
  assert.deepEqual(lookUps, [0, 2000, 6000, 14_000, 30_000, 60_000, 90_000])
  await stop()
})

test('a lazy one waits until somebody is in a hurry', async () => {
  const { clock, feed, lookUps, stop } = setup(true)
  await clock.advance(100_000)
  assert.deepEqual(lookUps, [])
  feed.hurry()
  await clock.advance(1)
  assert.equal(lookUps.length, 1)
  await stop()
})

test('passes on who is found, but not what is no peer', async () => {
  const { clock, feed, answer, stop } = setup(true)
  const found: string[] = []
  feed.found.on(({ peerId }) => found.push(peerId))
  answer(async function* () {
    yield provider('nobody')
    yield provider(PEER)
    throw new Error('one index is down')
  })
  feed.hurry()
  await clock.advance(1)
  assert.deepEqual(found, [PEER])
  assert.deepEqual(
    feed.known.map(({ peerId }) => peerId),
    [PEER],
  )
  assert.equal(feed.problem, 'one index is down')
  await stop()
})

test('is hopeless after two answers of nobody, not after failures, and not once somebody was found', async () => {
  const { clock, feed, answer, stop } = setup()
  const lookAgain = async () => {
    feed.hurry()
    await clock.advance(60_000)
  }
  answer(async function* () {
    yield* []
    throw new Error('nobody could be asked')
  })
  await lookAgain()
  await lookAgain()
  assert.equal(feed.isHopeless, false)
  answer(async function* () {})
  await lookAgain()
  await lookAgain()
  assert.equal(feed.isHopeless, true)
  answer(async function* () {
    yield provider(PEER)
  })
  await lookAgain()
  assert.equal(feed.isHopeless, false)
  await stop()
})

test('a look-up that was cut off is no answer, however quietly it ended', async () => {
  const { clock, feed, answer, lookUps, stop } = setup(true)
  const cut = Promise.withResolvers<void>()
  answer(async function* () {
    await cut.promise
    yield* []
  })
  feed.hurry()
  await clock.advance(DEFAULT_TRANSFER_OPTIONS.lookupTimeoutMs)
  answer(async function* () {})
  cut.resolve()
  feed.hurry()
  await clock.advance(3000)
  assert.deepEqual([lookUps.length, feed.isHopeless], [2, false], 'one cut off, one complete')
  feed.hurry()
  await clock.advance(10_000)
  assert.deepEqual([lookUps.length, feed.isHopeless], [3, true])
  await stop()
})
