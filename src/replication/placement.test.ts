import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededRandom } from '../base/random.ts'
import { placeCopies, type WillingPeer } from './placement.ts'

const HOUR = 3_600_000
const peer = (peerId: string, facts: Partial<WillingPeer> = {}): WillingPeer => ({
  ...{ peerId, name: peerId, addresses: [], zone: '', subnet: '' },
  ...{ roomBytes: 1e9, uptimeMs: 0, hasContent: false },
  ...facts,
})

const cases: [
  what: string,
  willing: WillingPeer[],
  count: number,
  chosen: string[],
  more?: { preferred?: string[]; present?: WillingPeer[] },
][] = [
  ['who has room', [peer('a', { roomBytes: 99 }), peer('b')], 1, ['b']],
  ['nobody has room', [peer('a', { roomBytes: 99 })], 1, []],
  ['each peer once', [peer('a')], 3, ['a']],
  [
    'another subnet first',
    [peer('a', { subnet: '1' }), peer('b', { subnet: '2', uptimeMs: 0 })],
    1,
    ['b'],
    { present: [peer('x', { subnet: '1' })] },
  ],
  [
    'then another zone',
    [peer('a', { zone: '0' }), peer('b', { zone: '1' })],
    1,
    ['b'],
    { present: [peer('x', { zone: '0' })] },
  ],
  [
    'subnets before zones',
    [peer('a', { subnet: '1', zone: '1' }), peer('b', { subnet: '2', zone: '0' })],
    1,
    ['b'],
    { present: [peer('x', { subnet: '1', zone: '0' })] },
  ],
  ['who has it already', [peer('a', { uptimeMs: 99 * HOUR }), peer('b', { hasContent: true })], 1, ['b']],
  ['more room', [peer('a', { roomBytes: 250 }), peer('b', { roomBytes: 900 })], 1, ['b']],
  ['a longer up time', [peer('a', { uptimeMs: HOUR / 2 }), peer('b', { uptimeMs: 25 * HOUR })], 1, ['b']],
  [
    'preferred ones before all',
    [peer('a', { uptimeMs: 99 * HOUR }), peer('b', { subnet: '1' })],
    2,
    ['b', 'a'],
    { preferred: ['b'], present: [peer('x', { subnet: '1' })] },
  ],
  [
    'preferred in their order, without those who are not willing',
    [peer('a'), peer('b')],
    2,
    ['b', 'a'],
    { preferred: ['z', 'b', 'a'] },
  ],
  [
    'not even a preferred one without room',
    [peer('a', { roomBytes: 1 }), peer('b')],
    1,
    ['b'],
    { preferred: ['a'] },
  ],
]

for (const [what, willing, count, expected, { preferred = [], present = [] } = {}] of cases) {
  test(`copies go to: ${what}`, () => {
    const wish = { count, sizeBytes: 100, preferred, present }
    for (const order of [willing, willing.toReversed()]) {
      const chosen = placeCopies(order, wish, seededRandom(1))
      assert.deepEqual(
        chosen.map(({ peerId }) => peerId),
        expected,
      )
    }
  })
}

test('where nothing speaks for one of them, chance decides', () => {
  const willing = ['a', 'b', 'c', 'd'].map((id) => peer(id))
  const wish = { count: 1, sizeBytes: 1, preferred: [], present: [] }
  const first = new Set(
    Array.from({ length: 60 }, (_, i) => placeCopies(willing, wish, seededRandom(i))[0]!.peerId),
  )
  assert.equal(first.size, 4)
})

test('copies are spread as widely as the willing allow', () => {
  const label = fc.constantFrom('1', '2', '3', '4')
  const some = fc.uniqueArray(fc.record({ id: fc.nat(50), subnet: label, zone: label, room: fc.nat(3) }), {
    selector: ({ id }) => id,
    maxLength: 20,
  })
  fc.assert(
    fc.property(some, fc.integer({ min: 1, max: 6 }), fc.nat(), (rows, count, seed) => {
      const willing = rows.map(({ id, subnet, zone, room }) =>
        peer(`${id}`, { subnet, zone, roomBytes: room }),
      )
      const chosen = placeCopies(
        willing,
        { count, sizeBytes: 2, preferred: [], present: [] },
        seededRandom(seed),
      )
      const fitting = willing.filter(({ roomBytes }) => roomBytes >= 2)
      assert.equal(chosen.length, Math.min(count, fitting.length))
      assert.equal(new Set(chosen).size, chosen.length)
      assert.ok(chosen.every((each) => fitting.includes(each)))
      const subnets = (peers: WillingPeer[]) => new Set(peers.map(({ subnet }) => subnet)).size
      assert.equal(subnets(chosen), Math.min(chosen.length, subnets(fitting)))
    }),
  )
})
