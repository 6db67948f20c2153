import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { SecureContextOptions } from 'node:tls'
import { encodeCertificate, pem } from '../../src/link/certificate.ts'
import { objectIdentifier, sequence } from '../../src/link/der.ts'

const DAY_MS = 86_400_000
const NULL = Uint8Array.of(5, 0)
const ALGORITHMS = {
  ed25519: { der: sequence(objectIdentifier('1.3.101.112')), hash: null },
  rsa: { der: sequence(objectIdentifier('1.2.840.113549.1.1.11'), NULL), hash: 'sha256' },
  ec: { der: sequence(objectIdentifier('1.2.840.10045.4.3.2')), hash: 'sha256' },
}

/** A key with a certificate, as `tls` takes them. */
export type KeyAndCertificate = Required<Pick<SecureContextOptions, 'key' | 'cert'>> & {
  key: string
  cert: string
}

interface Wish {
  kind?: keyof typeof ALGORITHMS
  /** Days from now. */
  fromDays?: number
  toDays?: number
  /** Who signs, when not the key itself. */
  issuer?: KeyObject
  subject?: string
  key?: KeyObject
}

function newKey(kind: keyof typeof ALGORITHMS): KeyObject {
  if (kind === 'rsa') return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  if (kind === 'ec') return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  return generateKeyPairSync('ed25519').privateKey
}

/** A certificate that anybody could make for themselves. */
export function forge({
  kind = 'ed25519',
  fromDays = -1,
  toDays = 30,
  issuer,
  subject,
  key,
}: Wish = {}): KeyAndCertificate {
  const own = key ?? newKey(kind)
  const algorithm = ALGORITHMS[kind]
  const name = subject ?? 'impostor'
  const der = encodeCertificate({
    subject: name,
    issuer: issuer ? 'the authority' : name,
    publicKey: createPublicKey(own),
    notBeforeMs: Date.now() + fromDays * DAY_MS,
    notAfterMs: Date.now() + toDays * DAY_MS,
    signatureAlgorithm: algorithm.der,
    sign: (bytes) => sign(algorithm.hash, bytes, issuer ?? own),
  })
  return { key: own.export({ type: 'pkcs8', format: 'pem' }).toString(), cert: pem(der) }
}

/** What a node must not accept, whichever side it is on, with what it says of it. */
export function impostors(): { name: string; shown: Partial<KeyAndCertificate>; why: RegExp }[] {
  const authority = forge({ subject: 'the authority' })
  const chained = forge({ issuer: createPrivateKey(authority.key) })
  return [
    { name: 'an RSA certificate', shown: forge({ kind: 'rsa' }), why: /its key is rsa/ },
    { name: 'an EC certificate', shown: forge({ kind: 'ec' }), why: /its key is ec/ },
    { name: 'an expired certificate', shown: forge({ fromDays: -30, toDays: -2 }), why: /expired/ },
    { name: 'a certificate of tomorrow', shown: forge({ fromDays: 2 }), why: /not valid before/ },
    {
      name: 'a certificate signed by somebody else',
      shown: chained,
      why: /not signed with its own key/,
    },
    {
      name: 'a chain of two',
      shown: { key: chained.key, cert: chained.cert + authority.cert },
      why: /not signed with its own key/,
    },
  ]
}
