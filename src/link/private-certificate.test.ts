import assert from 'node:assert/strict'
import { createPrivateKey, generateKeyPairSync, sign, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import {
  CERTIFICATE_LIFETIME_MS,
  CLOCK_ALLOWANCE_MS,
  ED25519,
  encodeCertificate,
  peerIdOfCertificate,
  pem,
} from './certificate.ts'
import { implicitAscii, objectIdentifier, octetString, sequence } from './der.ts'
import { createIdentity, type Identity } from './identity.ts'
import { NetworkKey } from './network-key.ts'
import { peerIdOfPrivateCertificate, privateCertificate } from './private-certificate.ts'

const NOW = Date.parse('2031-03-04T05:06:07.890Z')
const home = NetworkKey.create('home')
const work = NetworkKey.create('work')
const identity = createIdentity()

const made = (who: Identity = identity, network = home) =>
  new X509Certificate(privateCertificate(who, network, NOW).certificatePem)

/** A certificate with another's name in it, and a key of one's own. */
function withName(name: string, key = generateKeyPairSync('ed25519')): X509Certificate {
  const extension = sequence(
    objectIdentifier('2.5.29.17'),
    octetString(sequence(implicitAscii(6, name.replace(/^URI:/, '')))),
  )
  const der = encodeCertificate({
    subject: 'localhost',
    issuer: 'localhost',
    publicKey: key.publicKey,
    notBeforeMs: NOW,
    notAfterMs: NOW + CERTIFICATE_LIFETIME_MS,
    signatureAlgorithm: ED25519,
    sign: (bytes) => sign(null, bytes, key.privateKey),
    extensions: [extension],
  })
  return new X509Certificate(pem(der))
}

test('members of the network read the identity, others do not', () => {
  const certificate = made()
  assert.equal(peerIdOfPrivateCertificate(certificate, NOW, home), identity.peerId)
  const sameKey = NetworkKey.parse(home.text())
  assert.equal(peerIdOfPrivateCertificate(certificate, NOW, sameKey), identity.peerId)
  assert.throws(() => peerIdOfPrivateCertificate(certificate, NOW, work), {
    code: 'UNAUTHENTICATED',
    message: /belongs to another network, or to none/,
  })
})

test('the certificate itself tells nothing: not the PeerId, not the key, not the network', () => {
  const { keyPem, certificatePem } = privateCertificate(identity, home, NOW)
  const certificate = new X509Certificate(certificatePem)
  assert.ok(certificate.checkPrivateKey(createPrivateKey(keyPem)))
  assert.equal(certificate.subject, 'CN=localhost')
  const publicKey = Buffer.from(identity.publicKey.export({ format: 'jwk' }).x!, 'base64url')
  const text = `${certificate.raw.toString('latin1')}${certificate.toString()}`
  for (const secret of [identity.peerId, publicKey.toString('latin1'), home.name, 'shoal'])
    assert.ok(!text.includes(secret))
  const sealed = /^URI:https:\/\/localhost\/([\w-]+)$/.exec(certificate.subjectAltName!)![1]!
  const bytes = Buffer.from(sealed, 'base64url')
  assert.equal(bytes.length, 12 + 96 + 16)
  assert.ok(!bytes.includes(publicKey))
  assert.notEqual(peerIdOfCertificate(certificate, NOW), identity.peerId, 'nor to a public peer')
})

test('every certificate has a key of its own, and nothing two have is the same', () => {
  const [one, two] = [made(), made()]
  assert.ok(!one.publicKey.equals(two.publicKey))
  assert.notEqual(one.subjectAltName, two.subjectAltName)
})

test('a public certificate, and one with any other name, is no member', () => {
  const others = [
    new X509Certificate(createIdentity().certificatePem),
    withName('https://localhost/'),
    withName(`https://localhost/${'A'.repeat(165)}`),
    withName(`https://localhost/${'A'.repeat(166)}`),
    withName(`https://localhost/${'A'.repeat(167)}`),
    withName(`https://localhost/${'A'.repeat(100_000)}`),
    withName('https://example.org/'),
  ]
  for (const certificate of others)
    assert.throws(() => peerIdOfPrivateCertificate(certificate, certificate.validFromDate.getTime(), home), {
      code: 'UNAUTHENTICATED',
    })
  assert.throws(() => peerIdOfPrivateCertificate(undefined, NOW, home), { code: 'UNAUTHENTICATED' })
})

test('a statement copied from another certificate opens nothing', () => {
  const copied = made().subjectAltName!
  assert.throws(() => peerIdOfPrivateCertificate(withName(copied), NOW, home), { code: 'UNAUTHENTICATED' })
  const own = generateKeyPairSync('ed25519')
  const signedByAnother = { publicKey: made().publicKey, privateKey: own.privateKey }
  assert.throws(() => peerIdOfPrivateCertificate(withName(copied, signedByAnother), NOW, home), {
    code: 'UNAUTHENTICATED',
    message: /not signed with its own key/,
  })
})

test('a member cannot speak for another member: the identity has to have signed', () => {
  const victim = createIdentity()
  const impostor: Identity = { ...victim, sign: (bytes) => identity.sign(bytes) }
  assert.throws(() => peerIdOfPrivateCertificate(made(impostor), NOW, home), {
    code: 'UNAUTHENTICATED',
    message: new RegExp(`not ${victim.peerId}`),
  })
})

test('a statement of another network is none here, even when a member of both seals it anew', () => {
  const carrier: Identity = { ...identity, sign: (bytes) => identity.sign(withNetwork(bytes, work)) }
  assert.throws(() => peerIdOfPrivateCertificate(made(carrier), NOW, home), { code: 'UNAUTHENTICATED' })
  const honest: Identity = { ...identity, sign: (bytes) => identity.sign(withNetwork(bytes, home)) }
  assert.equal(peerIdOfPrivateCertificate(made(honest), NOW, home), identity.peerId)
})

/** What is signed, with another network in it. */
function withNetwork(statement: Uint8Array, network: NetworkKey): Uint8Array {
  const changed = Buffer.from(statement)
  changed.set(network.derive('id'), 'shoal-private-certificate:'.length)
  return changed
}

test('validity is judged as outside private networks', () => {
  const certificate = made()
  const end = certificate.validToDate.getTime()
  assert.equal(end, Math.floor((NOW + CERTIFICATE_LIFETIME_MS) / 1000) * 1000)
  assert.equal(peerIdOfPrivateCertificate(certificate, end + CLOCK_ALLOWANCE_MS, home), identity.peerId)
  assert.throws(() => peerIdOfPrivateCertificate(certificate, end + CLOCK_ALLOWANCE_MS + 1, home), {
    code: 'UNAUTHENTICATED',
    message: /expired/,
  })
})
