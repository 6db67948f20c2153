import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseBody, readFields } from './wire.ts'

type Refusal = Error & { statusCode: number }

const NAMES = [
  ...(['peer_id', 'peer_ip', 'peer_port'] as const),
  ...(['resource_name', 'resource_path', 'resource_hash'] as const),
]
const GOOD = {
  peer_id: '7F6C2D1E-3A4B-4C5D-8E9F-0A1B2C3D4E5F',
  peer_ip: '127.0.0.1',
  peer_port: 4001,
  resource_name: 'a.txt',
  resource_path: 'files',
  resource_hash: 'D41D8CD98F00B204E9800998ECF8427E',
}
const READ = {
  ...GOOD,
  peer_id: GOOD.peer_id.toLowerCase(),
  resource_hash: GOOD.resource_hash.toLowerCase(),
}

test('fields are read in one form', () => {
  assert.deepEqual(readFields(GOOD, NAMES), READ)
  assert.deepEqual(
    readFields({ ...GOOD, peer_id: GOOD.peer_id.replaceAll('-', ''), peer_port: '4001' }, NAMES),
    READ,
  )
  assert.equal(
    readFields({ ...GOOD, resource_path: '' }, NAMES).resource_path,
    '',
    'a file in the working folder has no path',
  )
})

const WRONG: [field: string, values: unknown[]][] = [
  ['peer_id', ['', 'x', 5, null, `${GOOD.peer_id}0`]],
  ['peer_ip', ['', 'localhost', '::1', '1.2.3', '1.2.3.256', 7, ['127.0.0.1']]],
  ['peer_port', [0, -1, 65536, 1.5, '', '0x10', 'http', null, true]],
  ['resource_name', ['', '.', '..', 'a/b', '../x', 'a\0b', 'a\nb', 'x'.repeat(256), '\ud800', 5]],
  ['resource_path', ['a\0', 'x'.repeat(701), 5, null]],
  ['resource_hash', ['', 'z'.repeat(32), 'a'.repeat(31), 'a'.repeat(64), null]],
  ['resource_size', [1]],
]

for (const [field, values] of WRONG)
  test(`a wrong ${field} is told by its name`, () => {
    for (const value of values)
      assert.throws(
        () => readFields({ ...GOOD, [field]: value }, NAMES),
        (error: Refusal) =>
          error.statusCode === 422 && Object.keys(JSON.parse(error.message)).join() === field,
        JSON.stringify(value),
      )
  })

test('any body is read or refused with 400 or 422', () => {
  const isRefusal = (error: unknown) => [400, 422].includes((error as Refusal).statusCode)
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
      try {
        readFields(parseBody(text), NAMES)
        assert.fail('chance does not make a registration')
      } catch (error) {
        assert.ok(isRefusal(error), String(error))
      }
    }),
  )
  const bodies = fc.record(
    Object.fromEntries(
      Object.entries(GOOD).map(([name, value]) => [name, fc.oneof(fc.constant(value), fc.jsonValue())]),
    ),
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(bodies, (body) => {
      try {
        const read = readFields(body, NAMES)
        assert.ok(read.peer_port > 0 && read.peer_port < 65_536)
        assert.match(read.resource_hash, /^[0-9a-f]{32}$/)
        assert.doesNotMatch(read.resource_name, /\/|^\.{0,2}$/)
      } catch (error) {
        if (!isRefusal(error)) throw error
      }
    }),
  )
})
