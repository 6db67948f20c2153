import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { seededRandom } from '../../base/random.ts'
import type { Direction } from './horizon.ts'
import { type RouteInput, route } from './route.ts'

const neighbours = [1, 2, 3, 4].map((point) => ({ peerId: `n${point}`, point }))

/** Peers 11, 12 and 13 match, behind n1, n1 and n2. */
const directions = new Map<number, Direction>([
  [11, { via: 'n1', distance: 2 }],
  [12, { via: 'n1', distance: 3 }],
  [13, { via: 'n2', distance: 3 }],
])

function decide(change: Partial<RouteInput> = {}, unknown: readonly string[] = []) {
  const horizon = {
    match: (_keys: unknown, max: number) =>
      new Map([...directions].filter(([, { distance }]) => distance <= max)),
    towards: (point: number) => directions.get(point),
    isKnown: (peerId: string) => !unknown.includes(peerId),
  }
  const { hops, skip, promised } = route({
    ...{ ttl: 3, neighbours, except: new Set<string>(), horizon, keys: [], explore: true, targets: [] },
    ...{ skip: new Set<number>(), fanout: 2, enough: 100, promised: 0, random: seededRandom(1), ...change },
  })
  const text = hops.map(({ peerId, targets, explore }) => `${peerId}${explore ? '?' : ''}:${targets.join()}`)
  return { text, skip, promised }
}

describe('where a query goes next', () => {
  const table: [title: string, change: Partial<RouteInput>, unknown: string[], hops: string[]][] = [
    ['towards all that match, one message a neighbour', {}, [], ['n1:11,12', 'n2:13']],
    ['no further than its hops reach', { ttl: 2 }, [], ['n1:11']],
    ['nowhere without hops', { ttl: 0 }, [], []],
    ['not towards those whom others take care of', { skip: new Set([11, 13]) }, [], ['n1:12']],
    ['only towards its targets when it does not explore', { explore: false, targets: [13] }, [], ['n2:13']],
    ['not towards a target that nobody knows', { explore: false, targets: [99] }, [], []],
    ['to the nearest when the filters promise enough', { enough: 2 }, [], ['n1:11,12']],
    ['to a neighbour whose filters are not known', {}, ['n4'], ['n1:11,12', 'n2:13', 'n4?:']],
    ['to everybody when no filter can tell', { keys: undefined }, [], ['n1:', 'n2:', 'n3:', 'n4:']],
    [
      'to explorers with more than three hops',
      { ttl: 4, fanout: 9 },
      [],
      ['n1?:11,12', 'n2?:13', 'n3?:', 'n4?:'],
    ],
    ['to nobody when others promise enough', { ttl: 4, enough: 5, promised: 5 }, [], []],
    ['to no explorer when the filters promise enough', { ttl: 4, enough: 2 }, [], ['n1:11,12']],
  ]
  for (const [title, change, unknown, hops] of table) {
    test(title, () => assert.deepEqual(decide(change, unknown).text, hops))
  }

  test('explorers are as many as the fan-out says, and told whom they need not care for', () => {
    const { text, skip } = decide({ ttl: 4, fanout: 2, skip: new Set([77]) })
    assert.equal(text.filter((hop) => hop.includes('?')).length, 2)
    for (const point of [11, 12, 13, 77]) assert.ok(skip.includes(point))
    assert.deepEqual(decide().skip, [])
  })

  test('what is missing is shared out among explorers, twice over', () => {
    const { promised } = decide({ ttl: 4, fanout: 4, enough: 23, promised: 0 })
    // 3 are promised here, of the other 20 each of four looks for 10.
    assert.equal(promised, 13)
  })
})
