import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { KeyStream } from './key-stream.ts'

const key = Buffer.from('1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389', 'hex')
const nonce = Buffer.from('69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37', 'hex')

test('it is the stream of NaCl (stream3.c), from its beginning', () => {
  const first = new KeyStream(key, nonce).xor(new Uint8Array(32))
  assert.equal(
    Buffer.from(first).toString('hex'),
    'eea6a7251c1e72916d11c2cb214d3c252539121d8e234e652d651fa4c8cff880',
  )
})

test('in whatever pieces the bytes come, they are XORed as in one, and with the same again they are what they were', () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 })
  fc.assert(
    fc.property(pieces, (given) => {
      const whole = Buffer.concat(given)
      const [one, many, back] = Array.from({ length: 3 }, () => new KeyStream(key, nonce)) as [
        KeyStream,
        KeyStream,
        KeyStream,
      ]
      const sent = Buffer.concat(given.map((piece) => many.xor(piece)))
      assert.ok(sent.equals(one.xor(whole)))
      assert.ok(whole.equals(back.xor(sent)))
    }),
  )
})
