import type { Duplex } from 'node:stream'
import { ShoalError } from '../base/errors.ts'
import { Emitter } from '../base/events.ts'
import type { NetworkKey } from './network-key.ts'

/**
 * A private network as a running node has it: the key, and which of those who have the key too are let in. The list may change while
 * the node runs.
 */
export class PrivateNetwork {
  readonly key: NetworkKey
  /** The list has changed; connections of those who are no longer on it have been cut. */
  readonly changes = new Emitter<void>()
  #allowed: ReadonlySet<string> | undefined
  readonly #connections = new Map<Duplex, string>()

  /** @param allowed PeerIds; undefined for everybody who has the key */
  constructor(key: NetworkKey, allowed?: readonly string[]) {
    this.key = key
    this.#allowed = allowed && new Set(allowed)
  }

  get name(): string {
    return this.key.name
  }

  /** Whether a peer that has the key is let in. */
  allows(peerId: string): boolean {
    return this.#allowed?.has(peerId) ?? true
  }

  /**
   * Lets a connection in whose other end has proved to be `peerId`, and cuts it when that peer is taken off the list.
   *
   * @throws ShoalError PERMISSION_DENIED when it is not on the list
   */
  admit(peerId: string, connection: Duplex): void {
    if (!this.allows(peerId))
      throw new ShoalError(
        'PERMISSION_DENIED',
        `${peerId} is not on the list of those allowed in the network "${this.name}".`,
      )
    this.#connections.set(connection, peerId)
    connection.once('close', () => this.#connections.delete(connection))
  }

  /** Replaces the list; undefined lets in everybody who has the key. */
  setAllowed(allowed: readonly string[] | undefined): void {
    this.#allowed = allowed && new Set(allowed)
    for (const [connection, peerId] of this.#connections) if (!this.allows(peerId)) connection.destroy()
    this.changes.emit()
  }

  getDebugState(): Record<string, unknown> {
    return {
      name: this.name,
      fingerprint: this.key.fingerprint,
      allowed: this.#allowed && [...this.#allowed],
      connections: this.#connections.size,
    }
  }
}
