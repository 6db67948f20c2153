import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { FloodQuerySchema } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import { fileEntry } from '../testing/shared-set.ts'
import { neighbourMessage } from './messages.ts'
import { FakeNetwork } from './testing/fake-network.ts'
import { findOn } from './testing/find.ts'

test('a query is told of where it passes, under the id that the search knows; and by whom the answer came', async () => {
  const network = FakeNetwork.chain(4)
  await network.nodes[3]!.share(fileEntry('docs/needle.txt'))
  await network.start()
  const { cost } = await findOn(network.nodes[0]!, 'needle')
  const [id] = cost.queryIds
  assert.match(id!, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.deepEqual(cost.queryIds, [id])
  assert.deepEqual(Object.fromEntries(cost.routes), { peer3: { hops: 3, through: 'peer1' } })
  const told = network.nodes.map(({ worked }) =>
    worked.map(({ query, ...facts }) => ({ ...facts, words: query.words })),
  )
  const of = { locator: 'flood', id, words: 'needle' }
  assert.deepEqual(told, [
    [],
    [{ ...of, from: 'peer0', ttl: 4, hops: 1, hits: 0, passedOn: 1 }],
    [{ ...of, from: 'peer1', ttl: 3, hops: 2, hits: 0, passedOn: 1 }],
    [{ ...of, from: 'peer2', ttl: 2, hops: 3, hits: 1, passedOn: 0 }],
  ])
  assert.deepEqual(
    network.nodes.map(({ foreign }) => foreign.counts.flood),
    [0, 1, 1, 1].map((received, i) => ({ received, answered: i === 3 ? 1 : 0, dropped: 0 })),
  )
})

test('what is too much or makes no sense is counted as dropped, and not told of', async () => {
  const network = FakeNetwork.chain(2)
  await network.nodes[1]!.share(fileEntry('wanted.txt'))
  await network.start()
  const [flooder, victim] = network.nodes as [(typeof network.nodes)[0], (typeof network.nodes)[0]]
  const send = (query: object) =>
    flooder.inject(victim, neighbourMessage('query', create(FloodQuerySchema, query)))
  send({ id: new Uint8Array(3), query: { words: 'x' } })
  send({ id: new Uint8Array(16), query: {} })
  for (let i = 0; i < 100; i++)
    send({ id: Buffer.from(`${i}`.padStart(16)), query: { words: 'wanted' }, timeoutMs: 1000 })
  await network.clock.run(100)
  const { received, answered, dropped } = victim.foreign.counts.flood
  assert.equal(received, 102)
  assert.equal(answered + dropped, 102)
  assert.equal(victim.worked.length, answered)
  assert.ok(answered > 0 && dropped >= 42)
})
