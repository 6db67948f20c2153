import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ShoalError } from '../../base/errors.ts'
import { ndjsonValues } from './ndjson.ts'

async function* pieces(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const at = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  let start = 0
  for (const end of [...at, bytes.length]) {
    yield bytes.subarray(start, end)
    start = end
  }
}

const collect = async (text: string, cuts: readonly number[] = [], max?: number) =>
  Array.fromAsync(ndjsonValues(pieces(Buffer.from(text), cuts), max))

test('the values come out the same however the bytes are cut', async () => {
  const values = fc.array(fc.jsonValue())
  await fc.assert(
    fc.asyncProperty(values, fc.array(fc.nat()), fc.boolean(), async (given, cuts, ended) => {
      const text = given.map((value) => JSON.stringify(value)).join('\n') + (ended ? '\n' : '')
      assert.deepEqual(await collect(text, cuts), JSON.parse(JSON.stringify(given)))
    }),
  )
})

test('empty lines and CRLF are no values', async () => {
  assert.deepEqual(await collect('\n{"a":1}\r\n\r\n2'), [{ a: 1 }, 2])
})

test('half a value and a line without end are refused', async () => {
  const code = (expected: string) => (error: unknown) =>
    error instanceof ShoalError && error.code === expected
  await assert.rejects(collect('{"a":'), code('BAD_RESPONSE'))
  await assert.rejects(collect(`"${'x'.repeat(100)}"`, [10, 20], 50), code('TOO_LARGE'))
  await assert.rejects(collect(`"${'x'.repeat(100)}"\n`, [], 50), code('TOO_LARGE'))
})
