import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { toShoalError } from '../base/errors.ts'
import { silentLogger } from '../base/log.ts'
import { linkSignals } from '../base/signals.ts'
import { BLOCK_SIZE } from '../content/cid.ts'
import type { TransferContext } from './context.ts'
import { ManifestFetch } from './manifest-fetch.ts'
import { DEFAULT_TRANSFER_OPTIONS } from './options.ts'
import type { Provider } from './ports.ts'
import { ProviderFeed } from './provider-feed.ts'
import { content, TestWorld, twistBlocks } from './testing/world.ts'

const world = new TestWorld()
after(() => world.close())

type LookUp = (signal: AbortSignal) => AsyncIterable<Provider>

const nobody: LookUp = async function* () {}
const unasked: LookUp = async function* () {
  yield* []
  throw new Error('No index server answered.')
}

/** When a download whose look-ups go like this is given up, ms after its start; the last one goes on for ever. */
async function givenUpAfterMs(lookUps: readonly LookUp[], limits = {}): Promise<[number, string]> {
  const clock = new ManualClock()
  const options = { ...DEFAULT_TRANSFER_OPTIONS, ...limits }
  let asked = 0
  const feed = new ProviderFeed({
    lookUp: (signal) => lookUps[Math.min(asked++, lookUps.length - 1)]!(signal),
    clock,
    log: silentLogger,
    options,
  })
  using linked = linkSignals()
  const looking = feed.run(linked.signal)
  // Nobody is found, so nobody is called: the rest of the context is not needed.
  const context = { clock, options } as Partial<TransferContext> as TransferContext
  const startMs = clock.monotonic()
  let end: [number, string] | undefined
  const fetching = new ManifestFetch(context, 'cid', [feed]).run(linked.signal).catch((thrown: unknown) => {
    const error = toShoalError(thrown)
    assert.equal(error.code, 'NO_PROVIDERS')
    end = [clock.monotonic() - startMs, error.message]
  })
  for (let i = 0; i < 1000 && !end; i++) await clock.advance(100)
  linked.abort()
  await Promise.all([looking, fetching])
  return end!
}

test('given up soon after two answers of nobody in a row, late when nobody could be asked', async () => {
  const table: [what: string, lookUps: LookUp[], fromMs: number, toMs: number][] = [
    ['all answer', [nobody], 3000, 3200],
    ['nobody can be asked', [unasked], 30_000, 30_200],
    // The look-ups begin after 0, 2, 6, 14 and 30 seconds.
    ['one could not be asked at first', [unasked, nobody], 6000, 6200],
    ['never two in a row', [nobody, unasked, nobody, unasked, nobody], 30_000, 30_200],
    ['the second never ends', [nobody, (signal) => hang(signal)], 30_000, 30_200],
  ]
  for (const [what, lookUps, fromMs, toMs] of table) {
    const [ms] = await givenUpAfterMs(lookUps)
    assert.ok(ms >= fromMs && ms <= toMs, `${what}: ${ms} ms`)
  }
})

test('the options say when; what kept a look-up from asking is told', async () => {
  assert.ok((await givenUpAfterMs([nobody], { notFoundAfterMs: 5000 }))[0] >= 5000)
  const [ms] = await givenUpAfterMs([nobody], { notFoundAfterMs: 5000, resolveTimeoutMs: 4000 })
  assert.ok(ms >= 4000 && ms <= 4200, 'never later than when nobody could be asked')
  assert.deepEqual((await givenUpAfterMs([nobody]))[1], 'No provider was found.')
  assert.deepEqual((await givenUpAfterMs([unasked]))[1], 'No provider was found. No index server answered.')
})

/** Until it is cut off, and then ends as if all were well. */
async function* hang(signal: AbortSignal): AsyncGenerator<Provider, void, undefined> {
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
}

const soon = { notFoundAfterMs: 100, lookupHurryMs: 20, lookupEveryMs: 100 }

test('a file of one block, which needs no manifest, that nobody has fails soon too', async () => {
  const peer = await world.peer('block')
  const { cid } = await peer.share('f', content(9, 1))
  const fetcher = await world.fetcher('block-to', { providers: [], options: soon })
  const view = await fetcher.end((await fetcher.downloads.add({ cid })).id)
  assert.equal(view.error?.code, 'NO_PROVIDERS')
})

test('a folder of which something is here waits for its providers', async () => {
  const gate = Promise.withResolvers<void>()
  const peer = await world.peer('folder', {
    twist: twistBlocks(async function* (message) {
      if (message.response?.case === 'block' && message.response.value.index === 3) await gate.promise
      yield message
    }),
  })
  const dag = await peer.shareFolder({ big: content(6 * BLOCK_SIZE, 2), small: content(5, 3) })
  const options = {
    ...soon,
    folderConcurrency: 1,
    maxWindowBytes: 1,
    initialWindowBytes: 1,
    minWindowBytes: 1,
  }
  const first = await world.fetcher('folder-to', { providers: [peer.provider], options })
  const { id } = await first.downloads.add({ cid: dag.cid, name: 'stuff' })
  await first.until(id, (view) => view.doneBytes > 0)
  await first.stop()
  gate.resolve()

  // The index has forgotten everybody, and is told again after a while.
  let lookUps = 0
  const second = await world.fetcher('folder-to', {
    providers: () => (++lookUps > 12 ? [peer.provider] : []),
    options: { ...soon, folderConcurrency: 8 },
  })
  const view = await second.end(id)
  assert.equal(view.state, 'done', view.error?.message)
  assert.ok(lookUps > 12)
})
