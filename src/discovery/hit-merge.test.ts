import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  MAX_ADDRESSES,
  MAX_OTHER_NAMES,
  MAX_PROVIDERS,
  mergeHit,
  mergeProvider,
  mergeProviders,
} from './hit-merge.ts'
import type { Provider } from './locator.ts'
import { fileEntry } from './testing/shared-set.ts'

const peer = (peerId: string, ...addresses: string[]): Provider => ({ peerId, name: peerId, addresses })

test('the first hit of a CID stands as it came', () => {
  const entry = fileEntry('a.txt')
  const merged = mergeHit(undefined, { entry, providers: [peer('A', 'h:1')] }, 'index')
  assert.deepEqual(merged, { entry, providers: [peer('A', 'h:1')], via: ['index'] })
})

test('a hit that tells nothing new is none', () => {
  const hit = { entry: fileEntry('a.txt'), providers: [peer('A', 'h:1')] }
  const known = mergeHit(undefined, hit, 'index')!
  assert.equal(mergeHit(known, hit, 'index'), undefined)
  assert.equal(mergeHit(known, { ...hit, providers: [] }, 'index'), undefined)
})

test('a new provider, a new address and a new locator each make it worth showing again', () => {
  const entry = fileEntry('a.txt')
  const known = mergeHit(undefined, { entry, providers: [peer('A', 'h:1')] }, 'index')!
  const other = { ...entry, name: 'b.txt', path: 'b.txt' }
  assert.deepEqual(mergeHit(known, { entry: other, providers: [peer('B')] }, 'index'), {
    entry,
    providers: [peer('A', 'h:1'), peer('B')],
    via: ['index'],
    otherNames: ['b.txt'],
  })
  assert.deepEqual(mergeHit(known, { entry, providers: [peer('A', 'h:2')] }, 'index')?.providers, [
    peer('A', 'h:1', 'h:2'),
  ])
  assert.deepEqual(mergeHit(known, { entry, providers: [] }, 'library'), {
    entry,
    providers: [peer('A', 'h:1')],
    via: ['index', 'library'],
  })
})

test('a name that was empty is filled, a known one stays', () => {
  assert.equal(mergeProvider({ ...peer('A'), name: '' }, peer('A')).name, 'A')
  assert.equal(mergeProvider(peer('A'), { ...peer('A'), name: 'other' }).name, 'A')
})

test('however hits are split, the peers and addresses are the same, within the bounds', () => {
  const provider = fc.record({
    peerId: fc.constantFrom('A', 'B', 'C'),
    name: fc.constantFrom('', 'x'),
    addresses: fc.array(fc.constantFrom('h:1', 'h:2', 'h:3'), { maxLength: 4 }),
  })
  fc.assert(
    fc.property(fc.array(provider), fc.nat(20), (providers, cut) => {
      const once = mergeProviders([], providers)
      const twice = mergeProviders(mergeProviders([], providers.slice(0, cut)), providers.slice(cut))
      assert.deepEqual(twice, once)
      assert.equal(mergeProviders(once, providers), once)
      assert.deepEqual(
        new Set(once.map(({ peerId }) => peerId)),
        new Set(providers.map(({ peerId }) => peerId)),
      )
    }),
  )
  const many = Array.from({ length: MAX_PROVIDERS + 5 }, (_, i) => peer(`P${i}`))
  assert.equal(mergeProviders([], many).length, MAX_PROVIDERS)
  const roads = Array.from({ length: MAX_ADDRESSES + 5 }, (_, i) => `h:${i + 1}`)
  assert.equal(mergeProvider(peer('A', 'x:1'), peer('A', ...roads)).addresses.length, MAX_ADDRESSES)
})

test('other names are kept beside that of the first, each once, and not without end', () => {
  const entry = fileEntry('a.txt')
  const named = (name: string) => ({ entry: { ...entry, name }, providers: [] })
  let known = mergeHit(undefined, { entry, providers: [] }, 'library')!
  known = mergeHit(known, named('other'), 'library')!
  assert.deepEqual([known.entry, known.otherNames], [entry, ['other']])
  for (const name of ['other', entry.name]) assert.equal(mergeHit(known, named(name), 'library'), undefined)
  for (let i = 0; i < 2 * MAX_OTHER_NAMES; i++) known = mergeHit(known, named(`n${i}`), 'library') ?? known
  assert.equal(known.otherNames?.length, MAX_OTHER_NAMES)
})
