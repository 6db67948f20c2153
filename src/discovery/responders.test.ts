import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnswerRoute, LocatorName } from './locator.ts'
import { newCost, noteRoute } from './locator.ts'
import { MAX_RESPONDERS, Responders } from './responders.ts'
import { hit } from './testing/scripted-locator.ts'
import { fileEntry } from './testing/shared-set.ts'

const provider = (peerId: string, name = '') => ({ peerId, name, addresses: [] })

test('who has what, found by whom and by which way', () => {
  const responders = new Responders()
  const [a, b] = [fileEntry('a'), fileEntry('b')]
  responders.add('index', hit(a, provider('P'), provider('Q', 'quentin')))
  responders.add('flood', hit(a, provider('P', 'paula')))
  responders.add('flood', hit(b, provider('P', 'other name')))
  // Again, whole, as locators do.
  responders.add('flood', hit(b, provider('P')))
  const routes: Partial<Record<LocatorName, Record<string, AnswerRoute>>> = {
    index: { P: { through: 'h:1' }, Q: { through: 'h:1' } },
    flood: { P: { hops: 2, through: 'N' } },
  }
  assert.deepEqual(
    responders.list((via, peerId) => routes[via]?.[peerId]),
    [
      { peerId: 'P', name: 'paula', hits: 2, via: ['index', 'flood'], hops: 2, through: 'N' },
      { peerId: 'Q', name: 'quentin', hits: 1, via: ['index'], through: 'h:1' },
    ],
  )
  assert.deepEqual(responders.list(() => undefined)[1], {
    peerId: 'Q',
    name: 'quentin',
    hits: 1,
    via: ['index'],
  })
})

test('the first come are told of, and their later hits counted', () => {
  const responders = new Responders()
  const peers = Array.from({ length: MAX_RESPONDERS + 10 }, (_, i) => provider(`p${i}`))
  responders.add('zone', hit(fileEntry('a'), ...peers))
  responders.add('zone', hit(fileEntry('b'), peers.at(-1)!, peers[0]!))
  const told = responders.list(() => undefined)
  assert.equal(told.length, MAX_RESPONDERS)
  assert.deepEqual([told[0]!.peerId, told[0]!.hits], ['p0', 2])
})

test('of the ways to a peer the first stays, and there is a bound', () => {
  const cost = newCost()
  noteRoute(cost, 'a', { hops: 3 })
  noteRoute(cost, 'a', { hops: 1 })
  for (let i = 0; i < 1000; i++) noteRoute(cost, `p${i}`, {})
  assert.deepEqual(cost.routes.get('a'), { hops: 3 })
  assert.equal(cost.routes.size, 200)
})
