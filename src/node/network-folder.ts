import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { ShoalError } from '../base/errors.ts'
import { defaultDataDir } from '../base/paths.ts'
import {
  loadNetwork,
  MAX_ALLOWED,
  NETWORK_VARIABLE,
  type NetworkMembership,
  readNetworkFile,
  removeNetworkFile,
  writeNetworkFile,
} from '../link/network-file.ts'
import { NetworkKey } from '../link/network-key.ts'
import { isPeerId } from '../link/peer-id.ts'
import { lockDataFolder } from '../storage/data-lock.ts'
import { openDataFolder } from './data-folder.ts'
import { lastNetwork } from './private-network.ts'

/** Name of a network whose founder gave none. */
export const DEFAULT_NETWORK_NAME = 'private'

/** The network of a data folder, for people. */
export interface NetworkView {
  name: string
  fingerprint: string
  /** By which others join; a secret. */
  text: string
  /** PeerIds that are let in; null for everybody who has the key. */
  allow: readonly string[] | null
  /** A node that runs on the folder goes on as before until it is started again. */
  restartNeeded: boolean
}

type Env = Record<string, string | undefined>

/** A data folder as commands see it that say in which network it is. They need no node, and work beside one. */
export class NetworkFolder {
  readonly #dataDir: string | undefined
  readonly #env: Env

  /** @param dataDir as given with --data; undefined for the default one */
  constructor(dataDir: string | undefined, env: Env) {
    this.#dataDir = dataDir
    this.#env = env
  }

  get path(): string {
    return this.#dataDir === undefined ? defaultDataDir(this.#env) : resolve(this.#dataDir)
  }

  /**
   * Puts the folder into a new network.
   *
   * @throws ShoalError INVALID_ARGUMENT, ALREADY_EXISTS when it is in one and `force` is not given, PERMISSION_DENIED, IO
   */
  create(name: string, allow: readonly string[], force: boolean): Promise<NetworkView> {
    return this.#enter(NetworkKey.create(name), allow, force)
  }

  /** Puts the folder into the network of `text`. To the one that it is in it may always be put. Errors as {@link create}. */
  join(text: string, allow: readonly string[], force: boolean): Promise<NetworkView> {
    return this.#enter(NetworkKey.parse(text), allow, force)
  }

  /** @throws ShoalError NOT_FOUND when it is in none, INVALID_CONFIG, PERMISSION_DENIED */
  async show(): Promise<NetworkView> {
    const network = await loadNetwork(this.path, this.#env)
    if (!network) throw this.#none()
    const kept = await readNetworkFile(this.path)
    const isRunning = existsSync(this.path) && this.#change(() => {})
    const isOther = isRunning && lastNetwork(this.path) !== network.key.fingerprint
    return viewOf({ key: network.key, allowed: kept?.allowed }, isOther)
  }

  /** Takes the folder out of its network, into the public one. @throws ShoalError NOT_FOUND */
  async leave(): Promise<{ restartNeeded: boolean }> {
    await this.#kept(true)
    const isRunning = this.#change(() => removeNetworkFile(this.path))
    return { restartNeeded: isRunning }
  }

  /**
   * Lets peers in besides those on the list; the first ones make the list. A running node follows by itself.
   *
   * @throws ShoalError INVALID_ARGUMENT, NOT_FOUND
   */
  allow(peerIds: readonly string[]): Promise<NetworkView> {
    const more = checkedPeerIds(peerIds)
    return this.#changeList((allowed = []) => [...new Set([...allowed, ...more])])
  }

  /** Takes peers off the list. @throws ShoalError INVALID_ARGUMENT, NOT_FOUND, CONFLICT when nobody would be left */
  disallow(peerIds: readonly string[]): Promise<NetworkView> {
    const gone = new Set(checkedPeerIds(peerIds))
    return this.#changeList((allowed) => {
      const missing = [...gone].find((peerId) => !allowed?.includes(peerId))
      if (!allowed)
        throw new ShoalError(
          'CONFLICT',
          'There is no list: whoever has the key is a member. Make one with: shoal network allow PEERID…',
        )
      if (missing !== undefined) throw new ShoalError('NOT_FOUND', `${missing} is not on the list.`)
      const left = allowed.filter((peerId) => !gone.has(peerId))
      if (left.length === 0)
        throw new ShoalError(
          'CONFLICT',
          'Nobody would be left on the list. To let in everybody who has the key: shoal network allow --everybody',
        )
      return left
    })
  }

  /** Does away with the list: whoever has the key is let in. @throws ShoalError NOT_FOUND */
  allowEverybody(): Promise<NetworkView> {
    return this.#changeList(() => undefined)
  }

  async #enter(key: NetworkKey, allow: readonly string[], force: boolean): Promise<NetworkView> {
    const given = checkedPeerIds(allow)
    const { root } = openDataFolder(this.#dataDir, this.#env)
    const kept = await this.#kept(false).catch((error) => {
      // What cannot be read may be replaced, but not by accident.
      if (force) return undefined
      throw error
    })
    const isSame = kept?.key.equals(key) ?? false
    if (kept && !isSame && !force)
      throw new ShoalError(
        'ALREADY_EXISTS',
        `${root} is in the network "${kept.key.name}" (${kept.key.fingerprint}). See it with: shoal network show. Replace it with --force; who needs its key later has to have kept its text.`,
      )
    const allowed = given.length > 0 ? given : isSame ? kept?.allowed : undefined
    const membership = { key, allowed }
    const isRunning = this.#change(() => writeNetworkFile(root, membership))
    return viewOf(membership, isRunning && !isSame)
  }

  async #changeList(
    change: (allowed: readonly string[] | undefined) => readonly string[] | undefined,
  ): Promise<NetworkView> {
    const { key, allowed } = await this.#kept(true)
    const membership = { key, allowed: change(allowed) }
    if ((membership.allowed?.length ?? 0) > MAX_ALLOWED)
      throw new ShoalError('INVALID_ARGUMENT', `At most ${MAX_ALLOWED} peers can be on the list.`)
    writeNetworkFile(this.path, membership)
    return viewOf(membership, false)
  }

  async #kept<Needed extends boolean>(
    isNeeded: Needed,
  ): Promise<Needed extends true ? NetworkMembership : NetworkMembership | undefined> {
    const kept = await readNetworkFile(this.path)
    if (!kept && isNeeded) throw this.#none()
    return kept as NetworkMembership
  }

  /** Makes a change, holding the folder while no node does. @returns whether one does */
  #change(make: () => void): boolean {
    let unlock: (() => void) | undefined
    try {
      unlock = lockDataFolder(this.path)
    } catch (error) {
      if (!(error instanceof ShoalError && error.code === 'CONFLICT')) throw error
    }
    try {
      make()
    } finally {
      unlock?.()
    }
    return unlock === undefined
  }

  #none(): ShoalError {
    const byVariable = this.#env[NETWORK_VARIABLE] ? ` (${NETWORK_VARIABLE} is set, which is no file.)` : ''
    return new ShoalError(
      'NOT_FOUND',
      `${this.path} is in no private network.${byVariable} Make one with: shoal network create. Join one with: shoal network join TEXT`,
    )
  }
}

function viewOf({ key, allowed }: NetworkMembership, restartNeeded: boolean): NetworkView {
  const { name, fingerprint } = key
  return { name, fingerprint, text: key.text(), allow: allowed ?? null, restartNeeded }
}

function checkedPeerIds(peerIds: readonly string[]): string[] {
  for (const peerId of peerIds)
    if (!isPeerId(peerId)) throw new ShoalError('INVALID_ARGUMENT', `This is not a PeerId: ${peerId}`)
  if (peerIds.length > MAX_ALLOWED)
    throw new ShoalError('INVALID_ARGUMENT', `At most ${MAX_ALLOWED} peers can be on the list.`)
  return [...new Set(peerIds)]
}
