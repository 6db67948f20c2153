import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { isPeerId, peerIdFromPublicKey, publicKeyFromPeerId, rawPublicKey, verify } from './peer-id.ts'

// https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md#test-vectors, protobufs of one Ed25519
// key pair.
const SPEC_PRIVATE =
  '080112407e0830617c4a7de83925dfb2694556b12936c477a0e1feb2e148ec9da60fee7d1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e'
const SPEC_PUBLIC = '080112201ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e'

/** Base58 as Satoshi wrote it, by long division; independent of the library in use. */
function base58(bytes: Uint8Array): string {
  const digits = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
  let value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
  let text = ''
  for (; value > 0n; value /= 58n) text = digits[Number(value % 58n)] + text
  return '1'.repeat(bytes.findIndex((byte) => byte !== 0)) + text
}

test("the spec's key pair has the PeerId that the spec's rules give", () => {
  const raw = Buffer.from(SPEC_PUBLIC, 'hex').subarray(4)
  const byTheRules = base58(Buffer.concat([Uint8Array.of(0x00, 36), Buffer.from(SPEC_PUBLIC, 'hex')]))
  const peerId = peerIdFromPublicKey(raw)
  assert.equal(peerId, byTheRules)
  assert.match(peerId, /^12D3KooW/)
  assert.deepEqual(publicKeyFromPeerId(peerId), new Uint8Array(raw))

  const seed = Buffer.from(SPEC_PRIVATE, 'hex').subarray(4, 36)
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  assert.equal(peerIdFromPublicKey(rawPublicKey(createPublicKey(privateKey))), peerId)
  const message = Buffer.from('hello')
  assert.equal(verify(peerId, message, sign(null, message, privateKey)), true)
})

test('other kinds of PeerId and other texts are none', () => {
  const none = [
    'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N',
    '16Uiu2HAkzMVzFmYxLPcEP3pLTJXzxiHYUXLZfVVMkFgeUTwP4gWB',
    'bafzaajaiaejcal72gwuz2or47oyxxn6b3rkwdmmkrxgkjxzy3rqt5kczyn7lcm3l',
    '12D3KooW',
    '',
    ' ',
    '0OIl',
    '1'.repeat(10_000),
    undefined,
    7,
  ]
  for (const text of none) assert.equal(isPeerId(text), false, String(text).slice(0, 60))
  assert.throws(() => publicKeyFromPeerId('12D3KooW'), { code: 'INVALID_ARGUMENT' })
  assert.throws(() => peerIdFromPublicKey(new Uint8Array(31)), { code: 'INVALID_ARGUMENT' })
  assert.throws(() => rawPublicKey(generateKeyPairSync('x25519').publicKey), { code: 'INVALID_ARGUMENT' })
})

test('every key has one PeerId and every PeerId one key', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (raw) => {
      const peerId = peerIdFromPublicKey(raw)
      assert.equal(peerId.length, 52)
      assert.ok(isPeerId(peerId))
      assert.deepEqual(publicKeyFromPeerId(peerId), raw)
    }),
  )
})

test('no text is read as a PeerId but the one that is written', () => {
  const peerId = peerIdFromPublicKey(new Uint8Array(32).fill(9))
  const anything = fc.oneof(fc.string(), fc.base64String({ maxLength: 80 }), fc.string({ unit: 'binary' }))
  fc.assert(
    fc.property(anything, (text) => {
      if (isPeerId(text)) assert.equal(peerIdFromPublicKey(publicKeyFromPeerId(text)), text)
    }),
  )
  fc.assert(
    fc.property(fc.nat(peerId.length), fc.string({ maxLength: 2 }), fc.boolean(), (at, other, replace) => {
      const text = peerId.slice(0, at) + other + peerId.slice(at + (replace ? other.length : 0))
      if (isPeerId(text)) assert.equal(peerIdFromPublicKey(publicKeyFromPeerId(text)), text)
      else assert.notEqual(text, peerId)
    }),
  )
})

test('a signature holds for its bytes and its key only, and nonsense is just false', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const peerId = peerIdFromPublicKey(rawPublicKey(publicKey))
  const stranger = peerIdFromPublicKey(rawPublicKey(generateKeyPairSync('ed25519').publicKey))
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(63), (bytes, at) => {
      const signature = sign(null, bytes, privateKey)
      assert.equal(verify(peerId, bytes, signature), true)
      assert.equal(verify(stranger, bytes, signature), false)
      assert.equal(verify(peerId, Buffer.concat([bytes, Uint8Array.of(1)]), signature), false)
      signature[at]! ^= 1
      assert.equal(verify(peerId, bytes, signature), false)
      assert.equal(verify(peerId, bytes, signature.subarray(1)), false)
    }),
    { numRuns: 30 },
  )
  assert.equal(verify('nobody', new Uint8Array(), new Uint8Array(64)), false)
  assert.equal(
    verify(peerIdFromPublicKey(new Uint8Array(32).fill(255)), new Uint8Array(), new Uint8Array(64)),
    false,
  )
})
