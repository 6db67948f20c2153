import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  CERTIFICATE_BACKDATE_MS,
  CERTIFICATE_LIFETIME_MS,
  CLOCK_ALLOWANCE_MS,
  peerIdOfCertificate,
  selfSignedCertificate,
} from './certificate.ts'
import { objectIdentifier, sequence, time, unsignedInteger } from './der.ts'
import { createIdentity } from './identity.ts'

test('the certificate of an identity is read by OpenSSL: its key, its name, its year', () => {
  const identity = createIdentity()
  const now = Date.parse('2031-03-04T05:06:07Z')
  const certificate = new X509Certificate(selfSignedCertificate(identity, now))
  assert.ok(certificate.publicKey.equals(identity.publicKey))
  assert.ok(certificate.verify(identity.publicKey))
  assert.ok(certificate.checkPrivateKey(identity.privateKey))
  assert.equal(certificate.subject, `CN=${identity.peerId}`)
  assert.equal(certificate.validFromDate.getTime(), now - CERTIFICATE_BACKDATE_MS)
  assert.equal(certificate.validToDate.getTime(), now + CERTIFICATE_LIFETIME_MS)
  assert.equal(peerIdOfCertificate(certificate, now), identity.peerId)
})

test('two certificates of one identity are told apart by their serial numbers', () => {
  const identity = createIdentity()
  const serials = [1, 2].map(() => new X509Certificate(selfSignedCertificate(identity, 0)).serialNumber)
  assert.notEqual(serials[0], serials[1])
})

test('validity is judged with an allowance on both ends', () => {
  const identity = createIdentity()
  const now = 1_900_000_000_000
  const certificate = new X509Certificate(selfSignedCertificate(identity, now))
  const from = now - CERTIFICATE_BACKDATE_MS - CLOCK_ALLOWANCE_MS
  const to = now + CERTIFICATE_LIFETIME_MS + CLOCK_ALLOWANCE_MS
  for (const [at, good] of [
    [from - 1, false],
    [from, true],
    [now, true],
    [to, true],
    [to + 1, false],
  ] as const) {
    if (good) assert.equal(peerIdOfCertificate(certificate, at), identity.peerId)
    else assert.throws(() => peerIdOfCertificate(certificate, at), { code: 'UNAUTHENTICATED' })
  }
  assert.throws(() => peerIdOfCertificate(undefined, now), { code: 'UNAUTHENTICATED' })
})

test('a certificate of any year from 1970 to 9000 is read back as it was written', () => {
  const identity = createIdentity()
  fc.assert(
    fc.property(fc.integer({ min: 86_400, max: 221_845_392_000 }), (seconds) => {
      const now = seconds * 1000
      const certificate = new X509Certificate(selfSignedCertificate(identity, now))
      assert.equal(certificate.validFromDate.getTime(), now - CERTIFICATE_BACKDATE_MS)
      assert.equal(certificate.validToDate.getTime(), now + CERTIFICATE_LIFETIME_MS)
    }),
    { numRuns: 50 },
  )
})

test('DER by the examples of X.690 and RFC 5280', () => {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
  assert.equal(hex(objectIdentifier('1.2.840.113549')), '06062a864886f70d')
  assert.equal(hex(objectIdentifier('1.3.101.112')), '06032b6570')
  assert.equal(hex(unsignedInteger(Uint8Array.of(0, 0))), '020100')
  assert.equal(hex(unsignedInteger(Uint8Array.of(0, 127))), '02017f')
  assert.equal(hex(unsignedInteger(Uint8Array.of(128))), '02020080')
  assert.equal(hex(sequence(new Uint8Array(127))).slice(0, 4), '307f')
  assert.equal(hex(sequence(new Uint8Array(128))).slice(0, 6), '308180')
  assert.equal(hex(sequence(new Uint8Array(65_536))).slice(0, 10), '3083010000')
  assert.equal(
    Buffer.from(time(Date.UTC(2049, 11, 31, 23, 59, 59))).toString('latin1'),
    '\x17\x0d491231235959Z',
  )
  assert.equal(Buffer.from(time(Date.UTC(2050, 0, 1))).toString('latin1'), '\x18\x0f20500101000000Z')
})
