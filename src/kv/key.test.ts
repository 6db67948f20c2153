import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createIdentity } from '../link/identity.ts'
import { checkKey, checkValue, distance, MAX_VALUE_BYTES, sha256 } from './key.ts'

test('keys are text of 1 to 256 bytes without control characters', () => {
  for (const key of ['a', ' ', 'a/b c', 'ключ', '🦈', 'x'.repeat(256), 'é'.repeat(128)])
    assert.equal(checkKey(key), key)
  const wrong = [
    '',
    'x'.repeat(257),
    'é'.repeat(129),
    'a\nb',
    '\0',
    'a\u007f',
    'a\u0085',
    '\ud800',
    'a\udc00b',
  ]
  for (const key of wrong)
    assert.throws(
      () => checkKey(key),
      { code: 'INVALID_ARGUMENT', message: /^The key / },
      JSON.stringify(key),
    )
})

test('values have at most 65,536 bytes', () => {
  for (const size of [0, 1, MAX_VALUE_BYTES]) assert.equal(checkValue(new Uint8Array(size)).length, size)
  assert.throws(() => checkValue(new Uint8Array(MAX_VALUE_BYTES + 1)), { code: 'TOO_LARGE' })
})

test('the distance is the XOR of hashes: no two peers are equally far from a key', () => {
  const [a, b] = [createIdentity().peerId, createIdentity().peerId]
  assert.equal(distance('k', a).length, 32)
  assert.deepEqual(distance('k', a), distance('k', a))
  assert.notDeepEqual(distance('k', a), distance('k', b))
  // XOR of two keys' distances to one peer does not depend on the peer.
  const between = (peerId: string) => distance('k', peerId).map((byte, i) => byte ^ distance('l', peerId)[i]!)
  assert.deepEqual(between(a), between(b))
  assert.deepEqual(
    between(a),
    sha256(Buffer.from('k')).map((byte, i) => byte ^ sha256(Buffer.from('l'))[i]!),
  )
})
