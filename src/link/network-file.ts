import { rmSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder, writeFileAtomic } from '../base/atomic-file.ts'
import { ShoalError, toShoalError } from '../base/errors.ts'
import { NetworkKey } from './network-key.ts'
import { isPeerId } from './peer-id.ts'
import { PrivateNetwork } from './private-network.ts'

/** Name of the file in the data folder: the network's text, then a line `allow PEERID` for each peer on the list, if there is one. */
export const NETWORK_FILE = 'network.key'
/** The network's text in an environment variable, for containers. */
export const NETWORK_VARIABLE = 'SHOAL_NETWORK'
/** Peers on a list, at most. */
export const MAX_ALLOWED = 4096
/** A full list fits, with room for remarks. */
const MAX_FILE_BYTES = 1024 * 1024

/** What the file holds. */
export interface NetworkMembership {
  readonly key: NetworkKey
  /** PeerIds that are let in; undefined for everybody who has the key. Never empty. */
  readonly allowed: readonly string[] | undefined
}

/**
 * The private network that the data folder or the environment puts a node into; undefined for the public one. When both name one, it
 * has to be the same, and the list of the file holds.
 *
 * @throws ShoalError INVALID_CONFIG when either cannot be read as a network or they name different ones; PERMISSION_DENIED when others
 *   can read the file
 */
export async function loadNetwork(
  folder: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<PrivateNetwork | undefined> {
  const kept = await readNetworkFile(folder)
  const given = keyInEnvironment(env)
  if (given && kept && !given.equals(kept.key))
    throw new ShoalError(
      'INVALID_CONFIG',
      `${NETWORK_VARIABLE} names the network "${given.name}" (${given.fingerprint}), ${join(folder, NETWORK_FILE)} another, "${kept.key.name}" (${kept.key.fingerprint}). Unset the one, or run: shoal network leave`,
    )
  const key = kept?.key ?? given
  return key && new PrivateNetwork(key, kept?.allowed)
}

/**
 * The network in `folder`; undefined when there is none.
 *
 * @throws ShoalError INVALID_CONFIG, PERMISSION_DENIED when others can read the file, IO
 */
export async function readNetworkFile(folder: string): Promise<NetworkMembership | undefined> {
  const path = join(folder, NETWORK_FILE)
  let text: string
  try {
    const { mode, size } = await stat(path)
    // Windows has no such bits; its data folder is private to the user.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw new ShoalError(
        'PERMISSION_DENIED',
        `${path} is the secret of a private network and others can read it. Run: chmod 600 '${path}'`,
      )
    if (size > MAX_FILE_BYTES) throw new ShoalError('INVALID_CONFIG', `${path} is too large to be a network.`)
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw toShoalError(error, 'IO')
  }
  return parseNetworkFile(text, path)
}

/** Writes the network of `folder`, whole or not at all. Readable by its owner only. @throws system errors */
export function writeNetworkFile(folder: string, { key, allowed }: NetworkMembership): void {
  const lines = [
    '# A private network of Shoal. Whoever has this key is a member: keep it secret.',
    key.text(),
    ...(allowed ?? []).map((peerId) => `allow ${peerId}`),
  ]
  writeFileAtomic(join(folder, NETWORK_FILE), `${lines.join('\n')}\n`, 0o600)
}

/** Takes `folder` out of its network. @returns whether it was in one */
export function removeNetworkFile(folder: string): boolean {
  try {
    rmSync(join(folder, NETWORK_FILE))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
  syncFolder(folder)
  return true
}

/**
 * @param where for people
 * @throws ShoalError INVALID_CONFIG that says what is wrong, and in which line
 */
export function parseNetworkFile(text: string, where: string): NetworkMembership {
  let key: NetworkKey | undefined
  const allowed = new Set<string>()
  for (const [i, line] of text.split('\n').entries()) {
    const fail = (why: string): never => {
      throw new ShoalError('INVALID_CONFIG', `${where}, line ${i + 1}: ${why}`)
    }
    const words = line.trim()
    if (words === '' || words.startsWith('#')) continue
    const peerId = /^allow\s+(\S+)$/.exec(words)?.[1]
    if (peerId !== undefined) {
      if (!isPeerId(peerId)) fail('This is not a PeerId.')
      allowed.add(peerId)
    } else if (key) fail('The text of one network is expected, and lines "allow PEERID".')
    else key = parsed(words, fail)
  }
  if (!key) throw new ShoalError('INVALID_CONFIG', `${where} holds no text of a network.`)
  if (allowed.size > MAX_ALLOWED)
    throw new ShoalError('INVALID_CONFIG', `${where} allows more than ${MAX_ALLOWED} peers.`)
  return { key, allowed: allowed.size > 0 ? [...allowed] : undefined }
}

function keyInEnvironment(env: Readonly<Record<string, string | undefined>>): NetworkKey | undefined {
  const text = env[NETWORK_VARIABLE]
  return text
    ? parsed(text, (why) => {
        throw new ShoalError('INVALID_CONFIG', `${NETWORK_VARIABLE}: ${why}`)
      })
    : undefined
}

function parsed(text: string, fail: (why: string) => never): NetworkKey {
  try {
    return NetworkKey.parse(text)
  } catch (error) {
    return fail((error as Error).message)
  }
}
