import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { link, mkdir, open, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, systemClock } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import { type Random, systemRandom } from '../base/random.ts'
import { selfSignedCertificate } from './certificate.ts'
import { peerIdFromPublicKey, rawPublicKey } from './peer-id.ts'

export { isPeerId, peerIdFromPublicKey, publicKeyFromPeerId, verify } from './peer-id.ts'

/** Name of the key file in a node's data folder. */
export const IDENTITY_FILE = 'identity.key'

/** Who a node is: its Ed25519 key pair and what follows from it. */
export interface Identity {
  /** libp2p PeerId of the public key, base58btc text. */
  readonly peerId: string
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
  /** The private key as PKCS#8 PEM. A secret. */
  readonly keyPem: string
  /** Self-signed X.509 certificate with this very key, made when the identity was loaded. */
  readonly certificatePem: string
  /** Ed25519 signature (64 bytes). */
  sign(bytes: Uint8Array): Uint8Array
}

/** What {@link loadIdentity} takes from outside. */
export interface IdentityContext {
  clock?: Clock
  random?: Random
}

/**
 * Reads the identity in `folder`, or makes one on the first start: {@link IDENTITY_FILE}, PKCS#8 PEM,
 * readable by its owner only, on disk before it is used. The file appears whole or not at all, and of
 * several processes that start at once all get the same identity.
 *
 * Throws PERMISSION_DENIED when others can read the key, INVALID_CONFIG when the file holds no Ed25519 key.
 */
export async function loadIdentity(folder: string, context: IdentityContext = {}): Promise<Identity> {
  const path = join(folder, IDENTITY_FILE)
  const clock = context.clock ?? systemClock
  const keyPem = (await readKey(path)) ?? (await createKey(folder, path, context.random ?? systemRandom))
  return identityFromPem(keyPem, clock, path)
}

/** A new identity that is kept nowhere. */
export function createIdentity(clock: Clock = systemClock): Identity {
  return identityFromPem(newKeyPem(), clock, 'the new key')
}

function identityFromPem(keyPem: string, clock: Clock, where: string): Identity {
  let privateKey: KeyObject
  try {
    privateKey = createPrivateKey(keyPem)
  } catch (cause) {
    throw new ShoalError('INVALID_CONFIG', `${where} does not hold a private key in PEM.`, { cause })
  }
  if (privateKey.asymmetricKeyType !== 'ed25519')
    throw new ShoalError(
      'INVALID_CONFIG',
      `${where} holds a key of type ${privateKey.asymmetricKeyType}; Shoal needs Ed25519.`,
    )
  const publicKey = createPublicKey(privateKey)
  return {
    peerId: peerIdFromPublicKey(rawPublicKey(publicKey)),
    publicKey,
    privateKey,
    keyPem,
    certificatePem: selfSignedCertificate({ publicKey, privateKey }, clock.now()),
    sign: (bytes) => sign(null, bytes, privateKey),
  }
}

function newKeyPem(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

async function readKey(path: string): Promise<string | undefined> {
  try {
    // Windows has no such bits; its data folder is private to the user.
    const { mode } = await stat(path)
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw new ShoalError(
        'PERMISSION_DENIED',
        `${path} is this node's secret and others can read it. Run: chmod 600 '${path}'`,
      )
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw error
  }
}

async function createKey(folder: string, path: string, random: Random): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const temporary = `${path}.${Buffer.from(random.bytes(8)).toString('hex')}.new`
  const keyPem = newKeyPem()
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(keyPem)
      await file.sync()
    } finally {
      await file.close()
    }
    // Unlike a rename, a hard link never replaces the key of a process that was faster.
    await link(temporary, path)
  } catch (error) {
    const winner = isSystemError(error, 'EEXIST') ? await readKey(path) : undefined
    if (winner === undefined) throw error
    return winner
  } finally {
    await rm(temporary, { force: true })
  }
  await syncFolder(folder)
  return keyPem
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function isSystemError(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
