import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import { silentLogger } from '../base/log.ts'
import { newCost } from '../discovery/locator.ts'
import type { GuestFile } from './dialect.ts'
import { Guests } from './guest-book.ts'
import { GuestFetcher, type KeptFile } from './guest-fetcher.ts'
import { GuestLocator } from './guest-locator.ts'
import { fetchGuest } from './guest-target.ts'

const md5 = (text: string) => createHash('md5').update(text).digest('hex')
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const never = new AbortController().signal

async function* pieces(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part)
}

/** A node with a folder of so many bytes. */
function world(t: TestContext, { maxBytes = 1000 } = {}) {
  const clock = new ManualClock()
  const guests = new Guests()
  const files = new Map<string, string>()
  let incoming = 0
  const keeper = {
    room: () => maxBytes - incoming - [...files.values()].reduce((sum, text) => sum + text.length, 0),
    async keep(name: string, body: AsyncIterable<Uint8Array>): Promise<KeptFile> {
      let text = ''
      try {
        for await (const piece of body) {
          incoming += piece.length
          text += Buffer.from(piece).toString()
        }
      } finally {
        incoming -= text.length
      }
      files.set(name, text)
      return { cid: `real-${name}`, path: `/guests/${name}`, sizeBytes: text.length }
    },
    async drop({ path }: KeptFile) {
      files.delete(path.slice('/guests/'.length))
    },
  }
  const fetcher = new GuestFetcher({ guests, keeper, clock, log: silentLogger })
  fetcher.start()
  t.after(() => fetcher.stop())
  const asked: string[] = []
  const file = (name: string, content: string | Error, more: Partial<GuestFile> = {}): GuestFile => ({
    ...{ dialect: 'central', owner: 'o', name, holder: '10.0.0.1:5000' },
    async fetch() {
      asked.push(name)
      if (content instanceof Error) throw content
      return pieces(...content)
    },
    ...more,
  })
  const target = (cid: string) => fetchGuest(cid, { guests, fetcher }, never)
  return { clock, guests, fetcher, files, asked, file, target }
}

const down = new ShoalError('UNAVAILABLE', 'nobody')

test('a file is fetched a moment after it was registered, checked and kept until its owner goes', async (t) => {
  const { clock, guests, files, asked, file } = world(t)
  guests.add(file('a.txt', 'hello', { md5: md5('hello'), sha256: sha256('hello') }))
  await clock.advance(999)
  assert.deepEqual(asked, [])
  await clock.advance(1)
  assert.deepEqual([...files], [['a.txt', 'hello']])
  guests.add(file('a.txt', 'hello', { md5: md5('hello'), sha256: sha256('hello') }))
  await clock.advance(60_000)
  assert.deepEqual(asked, ['a.txt'])
  guests.remove('central', 'o')
  await clock.advance(0)
  assert.equal(files.size, 0)
})

test('one that cannot be had is tried five times, in growing gaps', async (t) => {
  const { clock, guests, asked, file, files } = world(t)
  guests.add(file('a.txt', down))
  const at: number[] = []
  let seen = 0
  for (let second = 1; second <= 1200; second++) {
    await clock.advance(1000)
    if (asked.length > seen) at.push(second)
    seen = asked.length
  }
  assert.deepEqual(at, [1, 6, 31, 156, 781])
  guests.add(file('a.txt', 'now'))
  await clock.advance(1000)
  assert.equal(files.get('a.txt'), 'now')
})

test('what is wrong, or too much, is not kept', async (t) => {
  const { clock, guests, files, file } = world(t, { maxBytes: 10 })
  guests.add(file('wrong', 'hello', { owner: '1', md5: md5('other') }))
  guests.add(file('long', 'hello', { owner: '2', maxBytes: 4 }))
  guests.add(file('huge', '12345678901', { owner: '3' }))
  guests.add(file('fits', '1234567890', { owner: '4' }))
  for (let i = 0; i < 5; i++) await clock.advance(1000)
  assert.deepEqual([...files.keys()], ['fits'])
})

test('one owner does not hold up another, and two are fetched at once', async (t) => {
  const { clock, guests, asked, file } = world(t)
  const hang = { fetch: (signal: AbortSignal) => hangs(signal) }
  const hangs = (signal: AbortSignal) => {
    asked.push('hang')
    return new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  }
  for (let i = 0; i < 10; i++) guests.add(file(`h${i}`, '', hang))
  guests.add(file('b', 'b', { owner: 'p' }))
  await clock.advance(1000)
  assert.deepEqual(asked, ['hang', 'b'])
  await clock.advance(120_000)
  assert.ok(asked.filter((name) => name === 'hang').length >= 2)
})

test('one that is taken back while it is fetched is not kept', async (t) => {
  const { clock, guests, files, file } = world(t)
  const gate = Promise.withResolvers<void>()
  guests.add(
    file('a', '', {
      fetch: async () =>
        (async function* () {
          await gate.promise
          yield Buffer.from('late')
        })(),
    }),
  )
  await clock.advance(1000)
  guests.remove('central', 'o')
  gate.resolve()
  await clock.advance(10)
  assert.equal(files.size, 0)
})

test('a search shows what is not fetched yet, and dialects are asked', async (t) => {
  const { clock, guests, fetcher, file } = world(t)
  const stop = { start() {}, stop: async () => {}, view: () => ({}) }
  const found = [
    file('far map.txt', 'x', { dialect: 'flood', holder: 'f' }),
    file('other', 'x'),
    file('', 'x'),
  ]
  const flood = {
    ...{ ...stop, name: 'flood' as const },
    async *search() {
      yield* found
    },
  }
  const locator = new GuestLocator({
    ...{ guests, fetcher, self: 'me', clock, log: silentLogger },
    dialects: () => [flood],
  })
  const search = async (words: string) => {
    const hits = await Array.fromAsync(
      locator.search({ words, limit: 9 }, { signal: never, cost: newCost() }),
    )
    return hits.map(({ entry: { name }, providers }) => `${name} ${providers[0]?.name}`)
  }
  guests.add(file('near map.txt', 'near', { md5: md5('near') }))
  assert.deepEqual(await search('map'), ['near map.txt central 10.0.0.1:5000', 'far map.txt flood f'])
  guests.add(file('c', 'c', { sha256: sha256('c') }))
  const [{ entry }] = guests.search({ words: 'c' }) as unknown as [{ entry: { cid: string } }]
  const cid = locator.search({ cid: entry.cid, limit: 9 }, { signal: never, cost: newCost() })
  assert.deepEqual(await Array.fromAsync(cid), [], 'content is asked for, not hearsay')
  await clock.advance(1000)
  assert.deepEqual(await search('map'), ['far map.txt flood f'])
})

test('what is asked for by its CID is fetched at once; of a name it is said who has it', async (t) => {
  const { clock, guests, file, target, asked } = world(t)
  guests.add(file('a', 'aaa', { md5: md5('aaa') }))
  guests.add({ dialect: 'zoned', owner: 'z', name: 'b', holder: '10.0.0.9:6000' })
  guests.add(file('c', down, { owner: 'p', md5: md5('ccc') }))
  guests.add(file('d', down, { owner: 'p', sha256: sha256('ddd') }))
  const cidOf = (words: string) => [...guests.search({ words })][0]!.entry.cid
  assert.deepEqual(await target(cidOf('a')), { cid: 'real-a', name: 'a' })
  await clock.advance(500)
  assert.deepEqual(await target(cidOf('a')), { cid: 'real-a', name: 'a' })
  assert.deepEqual(asked, ['a'])
  await assert.rejects(target(cidOf('b')), (error) => {
    assert.ok(error instanceof ShoalError && error.code === 'NOT_FOUND')
    assert.match(error.message, /passes on names only.*10\.0\.0\.9:6000/)
    return true
  })
  await assert.rejects(target(cidOf('c')), { code: 'UNAVAILABLE' })
  assert.equal(await target(cidOf('d')), undefined, 'others may have it')
  assert.equal(await target('bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'), undefined)
})
