import { formatBytes, formatDuration } from '../../base/units.ts'
import { isPeerId } from '../../link/identity.ts'
import { RELAY_CODES, type RelayCode } from './codes.ts'

/** The relay opens a stream to the peer, writes one notice and closes; nothing is answered. */
export const NOTICE_PROTOCOL = '/shoal/relay-notice/1'

/** Longest notice, bytes of JSON. */
export const MAX_NOTICE_BYTES = 512
/** What a relay says beyond this is cut, ms: the quotas are those of a day. */
const MAX_RETRY_MS = 7 * 86_400_000

/** What a relay says to a peer about a connection or reservation of it. */
export interface RelayNotice {
  readonly code: RelayCode
  /** What has become of it: an open connection was ended, or what was asked for was refused. */
  readonly what: 'ended' | 'refused'
  /** The PeerId at the other end of the connection; undefined when it is about a reservation. */
  readonly peerId?: string | undefined
  /** Whether the limit is one of the receiver; otherwise it is the relay's own, or the other end's. */
  readonly isYours: boolean
  /** The limit that was reached: bytes, ms or a number of places; 0 for SHUTDOWN. */
  readonly limit: number
  /** When it may be tried again, ms from now. */
  readonly retryAfterMs: number
}

/** The notice in JSON. */
export function encodeNotice({ code, what, peerId, isYours, limit, retryAfterMs }: RelayNotice): Uint8Array {
  return Buffer.from(
    JSON.stringify({ code, what, peerId, isYours, limit, retryAfterMs: Math.ceil(retryAfterMs) }),
  )
}

/** What came as a notice; undefined when it is none. A time too far away is cut. */
export function decodeNotice(bytes: Uint8Array): RelayNotice | undefined {
  if (bytes.length > MAX_NOTICE_BYTES) return undefined
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { code, what, peerId, isYours, limit, retryAfterMs } = value as Record<string, unknown>
  if (!RELAY_CODES.includes(code as RelayCode)) return undefined
  if (what !== 'ended' && what !== 'refused') return undefined
  if (peerId !== undefined && !isPeerId(peerId)) return undefined
  if (typeof isYours !== 'boolean' || !isCount(limit) || !isCount(retryAfterMs)) return undefined
  const cutMs = Math.min(retryAfterMs, MAX_RETRY_MS)
  return { code: code as RelayCode, what, peerId, isYours, limit, retryAfterMs: cutMs }
}

/**
 * The notice for people, in one sentence. `againInMs` is what is left of the time until it may be tried again.
 */
export function noticeSentence(relayId: string, notice: RelayNotice, againInMs: number): string {
  const { what, peerId } = notice
  const object = peerId === undefined ? 'the reservation' : `the connection with ${peerId}`
  return `The relay ${relayId} ${what} ${object}: ${reason(notice)}${again(notice, againInMs)}.`
}

function reason({ code, limit, isYours }: RelayNotice): string {
  const whose = isYours ? 'this node' : 'the other end'
  switch (code) {
    case 'SLOTS':
      return `all its ${limit} places are taken`
    case 'SLOTS_PER_ADDRESS':
      return `all ${limit} places for one address are taken`
    case 'CONNECTION_BYTES':
      return `it has carried the ${formatBytes(limit)} that one connection may carry`
    case 'CONNECTION_TIME':
      return `it has lasted the ${formatDuration(limit)} that one connection may last`
    case 'PEER_QUOTA':
      return `its daily quota of ${formatBytes(limit)} for ${whose} is used up`
    case 'TOTAL_QUOTA':
      return `its daily quota of ${formatBytes(limit)} for all is used up`
    case 'PEER_CONNECTIONS':
      return `${whose} has all ${limit} relayed connections that one peer may have`
    case 'TOTAL_CONNECTIONS':
      return `all its ${limit} relayed connections are taken`
    case 'SHUTDOWN':
      return 'it is shutting down'
  }
}

function again({ code }: RelayNotice, againInMs: number): string {
  if (code === 'SHUTDOWN') return ''
  if (againInMs <= 0) return '; a new one may be opened at once'
  const verb = code === 'PEER_QUOTA' || code === 'TOTAL_QUOTA' ? 'it opens again in' : 'try again in'
  return `; ${verb} ${formatDuration(againInMs)}`
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
