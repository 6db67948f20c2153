import type { Connection, Startable, Stream } from '@libp2p/interface'
import type { Registrar } from '@libp2p/interface-internal'
import type { Clock } from '../../base/clock.ts'
import { Emitter } from '../../base/events.ts'
import type { Logger } from '../../base/log.ts'
import { isRelayed } from '../multiaddrs.ts'
import type { RelayDealings } from './dealings.ts'
import {
  decodeNotice,
  MAX_NOTICE_BYTES,
  NOTICE_PROTOCOL,
  noticeSentence,
  type RelayNotice,
} from './notice.ts'

/** A notice must be here within this, ms. */
const READ_MS = 5000
/** Notices kept in all, the latest ones. */
const MAX_KEPT = 64
/** Notices a minute taken from one relay; with more of them it says nothing new. */
const MAX_PER_MINUTE = 60
/** Streams that one relay may have open for notices. */
const MAX_STREAMS = 8
/** A reason older than this explains nothing any more, ms. */
const REASON_MS = 60_000

/** A notice and who sent it. */
export interface ReceivedNotice {
  readonly relayId: string
  readonly notice: RelayNotice
  /** For people. */
  readonly sentence: string
  /** When it came, ms of the steady clock. */
  readonly atMs: number
}

export interface RelayNoticesSetup {
  readonly dealings: RelayDealings
  readonly clock: Clock
  readonly log: Logger
}

/** {@link RelayNotices} as a service of a libp2p host. */
export function relayNotices(
  setup: RelayNoticesSetup,
): (components: { registrar: Registrar }) => RelayNotices {
  return ({ registrar }) => new RelayNotices(registrar, setup)
}

/**
 * Takes what relays say about the connections they ended and the wishes they refused. Only a relay that this node has to do with is
 * listened to; what it says proves nothing and decides no more than when it is asked again.
 */
export class RelayNotices implements Startable {
  readonly onNotice = new Emitter<ReceivedNotice>()
  readonly #registrar: Registrar
  readonly #setup: RelayNoticesSetup
  /** The latest last. */
  readonly #kept: ReceivedNotice[] = []
  readonly #taken = new Map<string, number>()
  #minute = 0
  #dropped = 0

  constructor(registrar: Registrar, setup: RelayNoticesSetup) {
    this.#registrar = registrar
    this.#setup = setup
  }

  async start(): Promise<void> {
    await this.#registrar.handle(NOTICE_PROTOCOL, (stream, connection) => this.#handle(stream, connection), {
      maxInboundStreams: MAX_STREAMS,
    })
  }

  async stop(): Promise<void> {
    await this.#registrar.unhandle(NOTICE_PROTOCOL)
  }

  /** The latest notice of a relay. */
  latest(relayId: string): ReceivedNotice | undefined {
    return this.#kept.findLast((kept) => kept.relayId === relayId)
  }

  /** Why a connection with `peerId` was just ended or refused, for people; undefined when no relay has said so within a minute. */
  whyRefused(peerId: string): string | undefined {
    const found = this.#kept.findLast(
      ({ notice, atMs }) => notice.peerId === peerId && this.#now - atMs < REASON_MS,
    )
    return found && this.#sentence(found)
  }

  /** Ms until a relay that refused a reservation wants to be asked for one again; 0 for now. */
  reservationAfterMs(relayId: string): number {
    const found = this.#kept.findLast((kept) => kept.relayId === relayId && kept.notice.peerId === undefined)
    return found ? Math.max(0, found.atMs + found.notice.retryAfterMs - this.#now) : 0
  }

  /** The latest notice of each relay, and how many were not listened to. */
  getDebugState(): {
    latest: { relayId: string; code: string; ageMs: number; sentence: string }[]
    dropped: number
  } {
    const latest = new Map(this.#kept.map((kept) => [kept.relayId, kept]))
    return {
      latest: [...latest.values()].map((kept) => ({
        relayId: kept.relayId,
        code: kept.notice.code,
        ageMs: Math.round(this.#now - kept.atMs),
        sentence: this.#sentence(kept),
      })),
      dropped: this.#dropped,
    }
  }

  get #now(): number {
    return this.#setup.clock.monotonic()
  }

  #sentence({ relayId, notice, atMs }: ReceivedNotice): string {
    return noticeSentence(relayId, notice, atMs + notice.retryAfterMs - this.#now)
  }

  async #handle(stream: Stream, connection: Connection): Promise<void> {
    const relayId = connection.remotePeer.toString()
    if (isRelayed(connection.remoteAddr) || !this.#setup.dealings.has(relayId) || !this.#mayTake(relayId)) {
      this.#dropped++
      stream.abort(new Error('not listened to'))
      return
    }
    const timer = this.#setup.clock.schedule(() => stream.abort(new Error('too slow')), READ_MS)
    try {
      const notice = decodeNotice(await readAll(stream))
      await stream.close()
      if (notice) this.#take(relayId, notice)
      else this.#dropped++
    } catch (error) {
      this.#dropped++
      this.#setup.log.debug({ err: error, relayId }, 'a notice of a relay could not be read')
      stream.abort(error as Error)
    } finally {
      timer.cancel()
    }
  }

  #take(relayId: string, notice: RelayNotice): void {
    const sentence = noticeSentence(relayId, notice, notice.retryAfterMs)
    const received: ReceivedNotice = { relayId, notice, sentence, atMs: this.#now }
    this.#kept.push(received)
    if (this.#kept.length > MAX_KEPT) this.#kept.shift()
    this.#setup.log.info({ relayId, ...notice }, sentence)
    this.onNotice.emit(received)
  }

  #mayTake(relayId: string): boolean {
    const minute = Math.floor(this.#now / 60_000)
    if (minute !== this.#minute) {
      this.#minute = minute
      this.#taken.clear()
    }
    const taken = this.#taken.get(relayId) ?? 0
    if (taken >= MAX_PER_MINUTE) return false
    this.#taken.set(relayId, taken + 1)
    return true
  }
}

/** All that comes until the other side closes; throws when it is more than a notice can be. */
async function readAll(stream: Stream): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of stream) {
    const part = chunk instanceof Uint8Array ? chunk : chunk.subarray()
    bytes += part.length
    if (bytes > MAX_NOTICE_BYTES) throw new Error('too long for a notice')
    parts.push(part)
  }
  return Buffer.concat(parts)
}
