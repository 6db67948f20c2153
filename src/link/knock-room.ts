import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '../base/clock.ts'
import { networkOf } from './admission.ts'
import { isKnock, KNOCK_BYTES } from './knock.ts'
import type { NetworkKey } from './network-key.ts'

/**
 * Connections that have not knocked yet, at most. A member knocks as soon as it is connected; room for many only matters when many
 * members come at once, as after a restart.
 */
export const MAX_KNOCKING = 1024

/** What a room needs. */
export interface KnockRoomContext {
  key: NetworkKey
  clock: Clock
  /** Whoever has not knocked by then is shown out, ms. */
  timeoutMs: number
  /** Default {@link MAX_KNOCKING}. */
  maxWaiting?: number
  /** Somebody has knocked. Bytes that came behind the knock are still to be read from the connection. */
  onKnock(connection: Duplex): void
  /** Somebody has not, and is gone. */
  onRefused(connection: Duplex): void
}

/**
 * Where connections to a member of a private network wait until they have knocked. Nothing is ever sent from here: who knocks wrongly,
 * too late or not at all is cut off. They take no place among the connections of members, and when the room is full the one goes that
 * has waited longest of the address with the most.
 */
export class KnockRoom {
  readonly #context: KnockRoomContext
  /** How to show each out, by address, in order of arrival. */
  #waiting = new Map<string, Set<() => void>>()
  #size = 0

  constructor(context: KnockRoomContext) {
    this.#context = context
  }

  get size(): number {
    return this.#size
  }

  /** Takes a connection. Errors on it are the caller's. */
  wait(connection: Duplex): void {
    const { key, clock, timeoutMs, maxWaiting = MAX_KNOCKING, onKnock, onRefused } = this.#context
    if (connection.destroyed) return
    if (this.#size >= maxWaiting) this.#showOutOne()
    const end = () => {
      timer.cancel()
      connection.off('readable', onReadable).off('end', refuse).off('close', end)
      leave()
    }
    const refuse = () => {
      end()
      connection.destroy()
      onRefused(connection)
    }
    const onReadable = () => {
      const bytes = connection.read(KNOCK_BYTES) as Buffer | null
      if (bytes === null) return
      if (!isKnock(key, bytes)) return refuse()
      end()
      // A stream that was read on demand can be read in another way only when this turn is over.
      setImmediate(() => {
        if (!connection.destroyed) onKnock(connection)
      })
    }
    const timer = clock.schedule(refuse, timeoutMs)
    const leave = this.#enter((connection as Socket).remoteAddress ?? '', refuse)
    connection.on('readable', onReadable).on('end', refuse).on('close', end)
  }

  #enter(remoteAddress: string, refuse: () => void): () => void {
    const address = networkOf(remoteAddress)
    const group = this.#waiting.get(address) ?? new Set()
    this.#waiting.set(address, group.add(refuse))
    this.#size++
    return () => {
      if (!group.delete(refuse)) return
      this.#size--
      if (group.size === 0) this.#waiting.delete(address)
    }
  }

  #showOutOne(): void {
    const largest = [...this.#waiting.values()].reduce((a, b) => (b.size > a.size ? b : a))
    const [refuseOldest] = largest
    refuseOldest!()
  }
}
