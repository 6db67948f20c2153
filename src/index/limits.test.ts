import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ManualClock } from '../base/clock.ts'
import { seededRandom } from '../base/random.ts'
import { createIdentity } from '../link/identity.ts'
import { Challenges, LOGIN_PREFIX } from './challenges.ts'
import { clampLimit } from './options.ts'
import { markAfterChange } from './publication.ts'
import { SortedKeys } from './sorted-keys.ts'
import { RateLimiter } from './token-bucket.ts'

test('a limit is clamped; 0 and nothing mean the default', () => {
  const cases: [number | undefined, number][] = [
    [undefined, 100],
    [0, 100],
    [-5, 100],
    [Number.NaN, 100],
    [1, 1],
    [999.9, 999],
    [1000, 1000],
    [1e9, 1000],
  ]
  for (const [wanted, expected] of cases) assert.equal(clampLimit(wanted, 100, 1000), expected)
})

test('a revision is claimed only when the set was complete and is named', () => {
  assert.deepEqual(markAfterChange(true, 'r'), { complete: true, revision: 'r' })
  for (const [wasComplete, revision] of [
    [true, ''],
    [false, 'r'],
    [false, ''],
  ] as const) {
    assert.deepEqual(markAfterChange(wasComplete, revision), { complete: false, revision: '' })
  }
})

test('tokens come back at the rate, up to the burst, for each caller on its own', async () => {
  const clock = new ManualClock()
  const rate = new RateLimiter(clock, { perSecond: 2, burst: 3 })
  const taken = (key: string) => [1, 2, 3, 4].filter(() => rate.tryTake(key)).length
  assert.equal(taken('a'), 3)
  assert.equal(taken('b'), 3)
  await clock.advance(1000)
  assert.equal(taken('a'), 2)
  await clock.advance(60_000)
  assert.equal(taken('a'), 3)
  assert.equal(rate.refused, 1 + 1 + 2 + 1, 'over all callers')
})

test('what is taken on credit is waited for', async () => {
  const clock = new ManualClock()
  const rate = new RateLimiter(clock, { perSecond: 1000, burst: 2000 })
  assert.equal(rate.takeOnCredit('a', 2000), 0)
  assert.equal(rate.takeOnCredit('a', 500), 500)
  await clock.advance(500)
  assert.equal(rate.takeOnCredit('a', 1000), 1000)
})

test('callers are remembered up to a bound, the idle ones forgotten first', () => {
  const rate = new RateLimiter(new ManualClock(), { perSecond: 1, burst: 1 }, 2)
  assert.ok(rate.tryTake('a'))
  assert.ok(rate.tryTake('b'))
  assert.equal(rate.tryTake('a'), false)
  assert.ok(rate.tryTake('c'))
  assert.equal(rate.size, 2)
  assert.equal(rate.tryTake('a'), false, 'a was used after b')
})

test('pages of sorted keys together are the whole set in order, whatever comes and goes', () => {
  const change = fc.record({ add: fc.boolean(), key: fc.string({ maxLength: 2 }) })
  fc.assert(
    fc.property(fc.array(change), fc.integer({ min: 1, max: 5 }), (changes, size) => {
      const model = new Set<string>()
      const keys = new SortedKeys()
      for (const { add, key } of changes) {
        if (add) model.add(key)
        else model.delete(key)
        keys[add ? 'add' : 'delete'](key)
      }
      const seen: string[] = []
      for (let page = keys.after(undefined, size); page.length > 0; page = keys.after(page.at(-1), size)) {
        seen.push(...page)
      }
      assert.deepEqual(seen, [...model].sort())
      assert.equal(keys.size, model.size)
    }),
  )
})

test('a nonce is good once, for its peer, while it is fresh', async () => {
  const clock = new ManualClock()
  const [server, ann] = [createIdentity(), createIdentity()]
  const challenges = new Challenges({ clock, random: seededRandom(1), serverPeerId: server.peerId })
  const sign = (nonce: string) => ann.sign(Buffer.from(LOGIN_PREFIX + nonce))
  const redeem = (nonce: string, signature = sign(nonce), peerId = ann.peerId) =>
    challenges.redeem({ peerId, nonce, signature })
  const { nonce } = challenges.issue(ann.peerId)
  redeem(nonce)
  assert.throws(() => redeem(nonce), { code: 'UNAUTHENTICATED' })
  const other = challenges.issue(server.peerId).nonce
  assert.throws(() => redeem(other), { code: 'UNAUTHENTICATED' })
  const plain = challenges.issue(ann.peerId).nonce
  assert.throws(
    () => redeem(plain, ann.sign(Buffer.from(plain))),
    { code: 'UNAUTHENTICATED' },
    'without the prefix',
  )
  assert.throws(() => redeem(plain), { code: 'UNAUTHENTICATED' }, 'used up by the failure')
  const late = challenges.issue(ann.peerId).nonce
  await clock.advance(60_001)
  assert.throws(() => redeem(late), { code: 'UNAUTHENTICATED' })
  assert.throws(() => challenges.issue('nobody'), { code: 'INVALID_ARGUMENT' })
})
