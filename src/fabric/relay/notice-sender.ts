import type { Connection } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import { withDeadline } from '../../base/signals.ts'
import { isRelayed } from '../multiaddrs.ts'
import { encodeNotice, NOTICE_PROTOCOL, type RelayNotice } from './notice.ts'

/** A peer that does not take a notice within this goes without it, ms. */
const SEND_MS = 1000
/** The same thing is not said to the same peer again within this, ms. */
const SAME_AGAIN_MS = 1000
/** Notices remembered so as not to be repeated. */
const MAX_REMEMBERED = 1024
/** Notices under way to one peer; more are dropped. */
const MAX_UNDER_WAY = 8

export interface NoticeSenderSetup {
  readonly connections: Pick<ConnectionManager, 'getConnections'>
  readonly clock: Clock
  readonly log: Logger
}

/** Sends notices over direct connections. A peer that has none, or does not speak the protocol, is not told. */
export class NoticeSender {
  readonly #setup: NoticeSenderSetup
  readonly #sentMs = new Map<string, number>()
  readonly #underWay = new Map<string, number>()

  constructor(setup: NoticeSenderSetup) {
    this.#setup = setup
  }

  /** Resolves when it has gone out, or cannot. Never rejects. */
  async send(peerId: string, notice: RelayNotice): Promise<void> {
    if (this.#isRepeated(peerId, notice)) return
    const underWay = this.#underWay.get(peerId) ?? 0
    if (underWay >= MAX_UNDER_WAY) return
    this.#underWay.set(peerId, underWay + 1)
    try {
      await this.#write(peerId, notice)
    } catch (error) {
      this.#setup.log.debug({ err: error, peerId, code: notice.code }, 'a notice could not be sent')
    } finally {
      const left = this.#underWay.get(peerId)! - 1
      if (left > 0) this.#underWay.set(peerId, left)
      else this.#underWay.delete(peerId)
    }
  }

  async #write(peerId: string, notice: RelayNotice): Promise<void> {
    const connection = this.#direct(peerId)
    if (!connection) return
    using deadline = withDeadline(this.#setup.clock, SEND_MS)
    const { signal } = deadline
    const stream = await connection.newStream(NOTICE_PROTOCOL, { signal })
    try {
      stream.send(encodeNotice(notice))
      await stream.close({ signal })
    } catch (error) {
      stream.abort(error as Error)
      throw error
    }
  }

  #direct(peerId: string): Connection | undefined {
    return this.#setup.connections
      .getConnections(peerIdFromString(peerId))
      .find(({ status, remoteAddr }) => status === 'open' && !isRelayed(remoteAddr))
  }

  #isRepeated(peerId: string, { code, what, peerId: other }: RelayNotice): boolean {
    const now = this.#setup.clock.monotonic()
    for (const [key, sentMs] of this.#sentMs) {
      if (now - sentMs < SAME_AGAIN_MS && this.#sentMs.size < MAX_REMEMBERED) break
      this.#sentMs.delete(key)
    }
    const key = `${peerId} ${what} ${code} ${other ?? ''}`
    if (this.#sentMs.has(key)) return true
    this.#sentMs.set(key, now)
    return false
  }
}
