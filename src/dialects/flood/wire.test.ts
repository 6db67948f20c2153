import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Peers } from './peers.ts'
import { queryBody, readAddress, readHit, readQuery, readWanted } from './wire.ts'

const HASH = 'ab'.repeat(32)
const AT = { host: '10.0.0.7', port: 8081 }

test('queries as they come', () => {
  const base = { filename: 'a', filehash: '', ...AT, QID: 'q' }
  const cases: [body: object, ttl: number | undefined][] = [
    [{ ...base, ttl: 5 }, 5],
    [{ ...base, ttl: 99 }, 5],
    [{ ...base, ttl: 1.9 }, 1],
    [{ ...base, ttl: -3 }, -3],
    [base, 2],
    [{ ...base, filename: null, filehash: HASH.toUpperCase(), QID: 7, port: '8081' }, 2],
    [{ ...base, ttl: '5' }, undefined],
    [{ ...base, filename: '' }, undefined],
    [{ ...base, host: undefined }, undefined],
  ]
  for (const [body, ttl] of cases)
    assert.equal(readQuery(body, { maxTtl: 5 })?.ttl, ttl, JSON.stringify(body))
  assert.deepEqual(readWanted({ filename: '', filehash: HASH.toUpperCase() }), { sha256: HASH })
  assert.deepEqual(readHit({ ...base, filehash: 'none' }), {
    id: 'q',
    hit: { filename: 'a', filehash: '', ...AT },
  })
})

test('any body is read or refused, and what is sent is read again', () => {
  fc.assert(
    fc.property(fc.anything(), (body) => {
      for (const read of [readAddress, readWanted, readHit]) read(body)
      readQuery(body, { maxTtl: 5 })
    }),
  )
  const name = fc.string({ minLength: 1, maxLength: 20, unit: fc.constantFrom(...'ab.<é "') })
  const query = fc.record({
    ...{ name, sha256: fc.constant(HASH), id: name, ttl: fc.integer({ min: -1, max: 5 }) },
    from: fc.record({ host: fc.ipV4(), port: fc.integer({ min: 1, max: 65_535 }) }),
  })
  fc.assert(
    fc.property(query, (sent) =>
      assert.deepEqual(readQuery(queryBody(sent), { maxTtl: 5 }), { ...sent, from: { ...sent.from } }),
    ),
  )
})

test('of the peers, who is active is never put out, and silence makes inactive, then forgotten', () => {
  const peers = new Peers(2)
  const times = { inactiveMs: 10, forgetMs: 20 }
  const at = (port: number) => ({ host: 'Peer', port })
  for (const port of [1, 2]) peers.meet(at(port), port)!.status = 'active'
  assert.equal(peers.meet(at(3), 3), undefined)
  assert.equal(peers.meet({ host: 'peer', port: 1 }, 9)!.updatedAt, 1, 'known already')
  peers.sweep(12, times)
  assert.deepEqual(
    peers.all().map(({ port, status }) => [port, status]),
    [
      [1, 'inactive'],
      [2, 'active'],
    ],
  )
  assert.ok(peers.meet(at(3), 12))
  assert.deepEqual(
    peers.all().map(({ port }) => port),
    [2, 3],
  )
  peers.sweep(23, times)
  assert.deepEqual(
    peers.in('inactive').map(({ port }) => port),
    [3],
  )
  peers.sweep(33, times)
  assert.deepEqual(peers.all(), [])
})
