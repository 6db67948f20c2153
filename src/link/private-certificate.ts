import {
  createCipheriv,
  createDecipheriv,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  type X509Certificate,
} from 'node:crypto'
import { ShoalError } from '../base/errors.ts'
import {
  CERTIFICATE_BACKDATE_MS,
  CERTIFICATE_LIFETIME_MS,
  ED25519,
  encodeCertificate,
  pem,
  soundCertificate,
} from './certificate.ts'
import { implicitAscii, objectIdentifier, octetString, sequence } from './der.ts'
import type { Identity } from './identity.ts'
import type { NetworkKey } from './network-key.ts'
import { peerIdFromPublicKey, rawPublicKey, verify } from './peer-id.ts'

/**
 * Certificates inside a private network. TLS 1.3 shows the server's certificate to whoever says hello, and the client's to whoever answers,
 * before either can be judged. So the certificate names nobody: its key is made for it alone, and who stands behind that key is a
 * statement that is sealed with the network key. Members open it; to others it is noise.
 *
 *     sealed    = nonce (12) || AES-256-GCM(derive('certificate'), nonce, statement, aad = SPKI) || tag (16)
 *     statement = identity's public key (32) || identity's signature (64) of
 *                 "shoal-private-certificate:" || derive('id') (32) || notAfter, s since 1970 (8, big endian) || SPKI
 *
 * SPKI is the certificate's own SubjectPublicKeyInfo, so a statement is worth nothing in another certificate. The sealed bytes stand in
 * a URI in the subjectAltName, `https://localhost/BASE64URL`, which OpenSSL reads for us.
 */
const CONTEXT = Buffer.from('shoal-private-certificate:', 'ascii')
/** Says nothing. */
const NAME = 'localhost'
const SUBJECT_ALT_NAME = objectIdentifier('2.5.29.17')
const URI_PREFIX = 'https://localhost/'

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES = 32
const STATEMENT_BYTES = KEY_BYTES + 64
const SEALED_LETTERS = Math.ceil(((NONCE_BYTES + STATEMENT_BYTES + TAG_BYTES) * 4) / 3)
const SEALED_NAME = new RegExp(`^URI:${URI_PREFIX}([\\w-]{${SEALED_LETTERS}})$`)

/** A certificate and its key, as `tls` takes them. */
export interface KeyAndCertificate {
  keyPem: string
  certificatePem: string
}

/**
 * A certificate by which members of the network, and nobody else, know `identity`. With a new key each time.
 *
 * @param nowMs ms since the Unix epoch
 */
export function privateCertificate(
  identity: Identity,
  network: NetworkKey,
  nowMs: number,
): KeyAndCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const notAfterMs = Math.floor((nowMs + CERTIFICATE_LIFETIME_MS) / 1000) * 1000
  const spki = spkiOf(publicKey)
  const signature = identity.sign(statementOf(network, notAfterMs, spki))
  const sealed = seal(network, Buffer.concat([rawPublicKey(identity.publicKey), signature]), spki)
  const uri = `${URI_PREFIX}${sealed.toString('base64url')}`
  const der = encodeCertificate({
    subject: NAME,
    issuer: NAME,
    publicKey,
    notBeforeMs: nowMs - CERTIFICATE_BACKDATE_MS,
    notAfterMs,
    signatureAlgorithm: ED25519,
    sign: (bytes) => sign(null, bytes, privateKey),
    // GeneralName ::= CHOICE { …, uniformResourceIdentifier [6] IA5String, … } (RFC 5280 section 4.2.1.6)
    extensions: [sequence(SUBJECT_ALT_NAME, octetString(sequence(implicitAscii(6, uri))))],
  })
  return {
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificatePem: pem(der),
  }
}

/**
 * The PeerId that a certificate of the other side proves to members of `network`, given that the TLS handshake proved its key.
 *
 * Throws UNAUTHENTICATED when there is none, when it is not sound (see {@link soundCertificate}), when it was not made with this network's
 * key, or when the identity in it did not sign for it.
 */
export function peerIdOfPrivateCertificate(
  shown: X509Certificate | undefined,
  nowMs: number,
  network: NetworkKey,
): string {
  const certificate = soundCertificate(shown, nowMs)
  const spki = spkiOf(certificate.publicKey)
  const statement = open(network, certificate.subjectAltName, spki)
  if (!statement)
    throw new ShoalError('UNAUTHENTICATED', 'The other side belongs to another network, or to none.')
  const peerId = peerIdFromPublicKey(statement.subarray(0, KEY_BYTES))
  const notAfterMs = certificate.validToDate.getTime()
  if (!verify(peerId, statementOf(network, notAfterMs, spki), statement.subarray(KEY_BYTES)))
    throw new ShoalError('UNAUTHENTICATED', `The other side is not ${peerId}, as it says.`)
  return peerId
}

function statementOf(network: NetworkKey, notAfterMs: number, spki: Uint8Array): Uint8Array {
  const notAfter = Buffer.alloc(8)
  notAfter.writeBigUInt64BE(BigInt(notAfterMs / 1000))
  return Buffer.concat([CONTEXT, network.derive('id'), notAfter, spki])
}

function seal(network: NetworkKey, statement: Uint8Array, spki: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, network.derive('certificate'), nonce).setAAD(spki)
  return Buffer.concat([nonce, cipher.update(statement), cipher.final(), cipher.getAuthTag()])
}

/** The statement behind a subjectAltName in OpenSSL's words; undefined when it is none of this network. */
function open(network: NetworkKey, name: string | undefined, spki: Uint8Array): Buffer | undefined {
  const sealed = SEALED_NAME.exec(name ?? '')?.[1]
  if (sealed === undefined) return undefined
  const bytes = Buffer.from(sealed, 'base64url')
  const nonce = bytes.subarray(0, NONCE_BYTES)
  const opened = createDecipheriv(CIPHER, network.derive('certificate'), nonce, { authTagLength: TAG_BYTES })
    .setAAD(spki)
    .setAuthTag(bytes.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([opened.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), opened.final()])
  } catch {
    return undefined
  }
}

const spkiOf = (key: KeyObject): Uint8Array => key.export({ type: 'spki', format: 'der' })
