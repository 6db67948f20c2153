import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readAddress, readHit, readQuery, readWanted } from './queries.ts'

const HASH = 'ab'.repeat(32)
const AT = { host: '10.0.0.7', port: 8081 }

test('queries as they come', () => {
  const base = { filename: 'a', filehash: '', ...AT, QID: 'q' }
  const cases: [body: object, ttl: number | undefined][] = [
    [{ ...base, ttl: 5 }, 5],
    [{ ...base, ttl: 99 }, 5],
    [{ ...base, ttl: 1.9 }, 1],
    [{ ...base, ttl: -3 }, -3],
    [base, undefined],
    [{ ...base, filename: null, filehash: HASH.toUpperCase(), port: '8081', ttl: 2 }, 2],
    [{ ...base, ttl: '5' }, undefined],
    [{ ...base, filename: '' }, undefined],
    [{ ...base, host: undefined }, undefined],
  ]
  for (const [body, ttl] of cases) assert.equal(readQuery(body)?.ttl, ttl, JSON.stringify(body))
  assert.deepEqual(readWanted({ filename: '', filehash: HASH.toUpperCase() }), {
    filename: '',
    filehash: HASH,
  })
  const { host, port } = AT
  assert.deepEqual(readHit({ ...base, filehash: 'none' }), {
    filename: 'a',
    filehash: '',
    host,
    port,
    QID: 'q',
  })
})

test('any body is read or refused, and what is sent is read again', () => {
  fc.assert(
    fc.property(fc.anything(), (body) => {
      for (const read of [readAddress, readWanted, readHit]) read(body)
      readQuery(body)
    }),
  )
  const name = fc.string({ minLength: 1, maxLength: 20, unit: fc.constantFrom(...'ab.<é "') })
  const query = fc.record(
    {
      ...{ filename: name, filehash: fc.constantFrom(HASH, ''), host: fc.ipV4(), QID: name },
      ...{ port: fc.integer({ min: 1, max: 65_535 }), ttl: fc.integer({ min: -1, max: 5 }) },
    },
    { noNullPrototype: true },
  )
  fc.assert(fc.property(query, (sent) => assert.deepEqual(readQuery(sent), sent)))
})
