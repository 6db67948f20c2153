import { type KeyObject, randomBytes, sign, type X509Certificate } from 'node:crypto'
import { ShoalError } from '../base/errors.ts'
import {
  bitString,
  explicit,
  objectIdentifier,
  sequence,
  setOf,
  time,
  unsignedInteger,
  utf8String,
} from './der.ts'
import { peerIdFromPublicKey, rawPublicKey } from './peer-id.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** A certificate is valid for this long after it is made. */
export const CERTIFICATE_LIFETIME_MS = 365 * DAY_MS
/** And from this long before, for peers whose clocks are slow. */
export const CERTIFICATE_BACKDATE_MS = DAY_MS
/** A running node makes a new certificate when this much of its life is left. */
export const CERTIFICATE_RENEW_BEFORE_MS = CERTIFICATE_LIFETIME_MS / 2
/** How far the own clock may be off when the validity of a peer's certificate is judged. */
export const CLOCK_ALLOWANCE_MS = HOUR_MS

/** AlgorithmIdentifier of Ed25519 signatures (RFC 8410). */
export const ED25519: Uint8Array = sequence(objectIdentifier('1.3.101.112'))
const COMMON_NAME = objectIdentifier('2.5.4.3')
const VERSION_3 = explicit(0, unsignedInteger(Uint8Array.of(2)))

/** What goes into a certificate. */
export interface CertificateFields {
  subject: string
  issuer: string
  /** The key that the certificate is about. */
  publicKey: KeyObject
  /** ms since the Unix epoch, to the second. */
  notBeforeMs: number
  notAfterMs: number
  /** DER of the AlgorithmIdentifier of the signature, and the signer itself. */
  signatureAlgorithm: Uint8Array
  sign(bytes: Uint8Array): Uint8Array
  /** DER of each extension; none when left out. */
  extensions?: readonly Uint8Array[]
}

/** DER of an X.509 v3 certificate (RFC 5280 section 4.1). */
export function encodeCertificate(fields: CertificateFields): Uint8Array {
  const name = (text: string) => sequence(setOf(sequence(COMMON_NAME, utf8String(text))))
  const serial = randomBytes(16)
  // Neither zero nor negative, as RFC 5280 section 4.1.2.2 asks.
  serial[0] = (serial[0]! & 0x3f) | 0x40
  const body = sequence(
    VERSION_3,
    unsignedInteger(serial),
    fields.signatureAlgorithm,
    name(fields.issuer),
    sequence(time(fields.notBeforeMs), time(fields.notAfterMs)),
    name(fields.subject),
    fields.publicKey.export({ type: 'spki', format: 'der' }),
    ...(fields.extensions ? [explicit(3, sequence(...fields.extensions))] : []),
  )
  return sequence(body, fields.signatureAlgorithm, bitString(fields.sign(body)))
}

/**
 * A self-signed certificate (PEM) for an Ed25519 identity: its key is the node's own, its name the PeerId.
 *
 * @param nowMs ms since the Unix epoch
 */
export function selfSignedCertificate(
  keys: { publicKey: KeyObject; privateKey: KeyObject },
  nowMs: number,
): string {
  const peerId = peerIdFromPublicKey(rawPublicKey(keys.publicKey))
  return pem(
    encodeCertificate({
      subject: peerId,
      issuer: peerId,
      publicKey: keys.publicKey,
      notBeforeMs: nowMs - CERTIFICATE_BACKDATE_MS,
      notAfterMs: nowMs + CERTIFICATE_LIFETIME_MS,
      signatureAlgorithm: ED25519,
      sign: (bytes) => sign(null, bytes, keys.privateKey),
    }),
  )
}

/** A certificate's DER as PEM. */
export function pem(der: Uint8Array): string {
  const lines = Buffer.from(der).toString('base64').replace(/.{64}/g, '$&\n').trimEnd()
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
}

/**
 * The PeerId that a certificate of the other side proves, given that the TLS handshake proved its key.
 * Nothing but the key counts: names in the certificate are not read.
 *
 * Throws UNAUTHENTICATED when there is none, when its key is not Ed25519, when it is not signed with that
 * key (and so not by whoever else), or when `nowMs` is more than {@link CLOCK_ALLOWANCE_MS} outside its
 * validity.
 */
export function peerIdOfCertificate(certificate: X509Certificate | undefined, nowMs: number): string {
  return peerIdFromPublicKey(rawPublicKey(soundCertificate(certificate, nowMs).publicKey))
}

/**
 * A certificate whose own Ed25519 key signed it and which is valid now. Throws as {@link peerIdOfCertificate}.
 */
export function soundCertificate(certificate: X509Certificate | undefined, nowMs: number): X509Certificate {
  if (!certificate) throw refused('it shows no certificate')
  const key = certificate.publicKey
  if (key.asymmetricKeyType !== 'ed25519') throw refused(`its key is ${key.asymmetricKeyType}, not ed25519`)
  if (!certificate.verify(key)) throw refused('its certificate is not signed with its own key')
  if (nowMs < certificate.validFromDate.getTime() - CLOCK_ALLOWANCE_MS)
    throw refused(`its certificate is not valid before ${certificate.validFromDate.toISOString()}`)
  if (nowMs > certificate.validToDate.getTime() + CLOCK_ALLOWANCE_MS)
    throw refused(`its certificate expired at ${certificate.validToDate.toISOString()}`)
  return certificate
}

function refused(why: string): ShoalError {
  return new ShoalError('UNAUTHENTICATED', `The other side did not prove who it is: ${why}.`)
}
