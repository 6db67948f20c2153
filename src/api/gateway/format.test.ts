import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ShoalError } from '../../base/errors.ts'
import { parseAccept } from './accept.ts'
import { carType, type FormatQuery, negotiate } from './format.ts'

const RAW = 'application/vnd.ipld.raw'
const CAR = 'application/vnd.ipld.car'

/** `unixfs`, `raw`, `car y`, `car n`, or the code of the error; `*` behind it when the header decided. */
function shown(query: FormatQuery, accept?: string): string {
  try {
    const { format, isFromHeader } = negotiate(query, accept)
    const dups = format.kind === 'car' ? (format.dups ? ' y' : ' n') : ''
    return `${format.kind}${dups}${isFromHeader ? '*' : ''}`
  } catch (error) {
    if (error instanceof ShoalError) return error.code
    throw error
  }
}

test('Accept decides the form when the query does not', () => {
  const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'
  const cases: [accept: string | undefined, expected: string][] = [
    [undefined, 'unixfs'],
    ['', 'unixfs'],
    ['*/*', 'unixfs'],
    [browser, 'unixfs'],
    ['application/json', 'unixfs'],
    [RAW, 'raw*'],
    ['Application/VND.IPLD.Raw', 'raw*'],
    [`${RAW}, */*`, 'raw*'],
    [`*/*, ${RAW}`, 'raw*'],
    [`text/html, ${RAW};q=0.5`, 'unixfs'],
    [`${RAW};q=0.2, ${CAR};q=0.3`, 'car n*'],
    [`${RAW};q=0, */*;q=0.1`, 'unixfs'],
    [CAR, 'car n*'],
    [`${CAR}; version=1; order=dfs; dups=y`, 'car y*'],
    [`${CAR};version=1;order=unk;dups=n`, 'car n*'],
    [`${CAR};order=foo, ${CAR};order=dfs;dups=y;q=0.5`, 'car y*'],
    [`${CAR};version=2`, 'NOT_ACCEPTABLE'],
    [`${CAR};version=2, */*;q=0.1`, 'unixfs'],
    ['application/vnd.ipld.dag-json', 'NOT_ACCEPTABLE'],
    ['application/x-tar, application/vnd.ipfs.ipns-record', 'NOT_ACCEPTABLE'],
    [`application/vnd.ipld.dag-cbor, ${RAW};q=0.1`, 'raw*'],
    ['nonsense', 'NOT_ACCEPTABLE'],
  ]
  for (const [accept, expected] of cases) assert.equal(shown({}, accept), expected, accept)
})

test('the query goes before Accept', () => {
  const cases: [query: FormatQuery, accept: string | undefined, expected: string][] = [
    [{ format: 'raw' }, CAR, 'raw'],
    [{ format: 'raw' }, 'text/html', 'raw'],
    [{ format: 'car' }, RAW, 'car n'],
    [{ format: 'car' }, CAR, 'car n'],
    [{ format: 'car' }, `${CAR};dups=y`, 'car y*'],
    [{ format: 'car', dups: 'n' }, `${CAR};dups=y`, 'car n*'],
    [{ dups: 'y' }, CAR, 'car y*'],
    [{ format: 'car', dups: 'y', order: 'dfs', version: '1' }, undefined, 'car y'],
    [{ format: 'car', dups: 'x' }, undefined, 'INVALID_ARGUMENT'],
    [{ format: 'car', version: '2' }, undefined, 'INVALID_ARGUMENT'],
    [{ format: 'car', order: 'bfs' }, undefined, 'INVALID_ARGUMENT'],
    [{ format: 'car' }, `${CAR};version=2`, 'NOT_ACCEPTABLE'],
    [{ format: 'tar' }, undefined, 'NOT_ACCEPTABLE'],
    [{ format: 'dag-json' }, RAW, 'NOT_ACCEPTABLE'],
    [{ format: 'exe' }, undefined, 'INVALID_ARGUMENT'],
    [{ format: '' }, undefined, 'INVALID_ARGUMENT'],
    [{ format: 'toString' }, undefined, 'INVALID_ARGUMENT'],
  ]
  for (const [query, accept, expected] of cases)
    assert.equal(shown(query, accept), expected, JSON.stringify([query, accept]))
})

test('a CAR says all that is known of it', () => {
  assert.equal(carType({ kind: 'car', dups: true }), `${CAR};version=1;order=dfs;dups=y`)
})

test('whatever stands in the header: a form or a known error, never anything else', () => {
  const word = fc.constantFrom(
    RAW,
    CAR,
    '*/*',
    'text/html',
    'q=0.3',
    'q=x',
    'dups=y',
    'order="dfs"',
    ',',
    ';',
    '=',
    '"',
  )
  const text = fc.oneof(
    fc.string(),
    fc.array(word).map((words) => words.join('')),
  )
  fc.assert(
    fc.property(
      text,
      fc.option(fc.constantFrom('raw', 'car', 'tar', 'x'), { nil: undefined }),
      (accept, format) => {
        assert.match(
          shown({ format }, accept),
          /^(unixfs|raw|car [yn])\*?$|^(NOT_ACCEPTABLE|INVALID_ARGUMENT)$/,
        )
      },
    ),
  )
})

test('entries come by weight, named ones before wildcards, at most 32', () => {
  const weight = fc.integer({ min: 1, max: 1000 }).map((value) => value / 1000)
  fc.assert(
    fc.property(fc.array(weight, { minLength: 1, maxLength: 40 }), (weights) => {
      const header = weights.map((q, i) => `x/t${i};q=${q}`).join(', ')
      const got = parseAccept(header).map(({ type }) => weights[Number(type.slice(3))]!)
      assert.equal(got.length, Math.min(32, weights.length))
      assert.deepEqual(
        got,
        weights.slice(0, 32).sort((a, b) => b - a),
      )
    }),
  )
  assert.deepEqual(
    parseAccept('*/*, a/*, b/c').map(({ type }) => type),
    ['b/c', '*/*', 'a/*'],
  )
})
