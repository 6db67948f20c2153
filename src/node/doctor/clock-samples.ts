import type { Clock } from '../../base/clock.ts'
import type { PeerRecord } from '../../discovery/membership/peer-record.ts'
import type { ClockSample } from './facts.ts'

/** Peers that count in something else than ms since the Unix epoch say nothing: 2020-01-01. */
const FIRST_SEQ_MS = 1_577_836_800_000
/** Bounds of the setting recordTtlMs: what lies outside was not signed at the time that its number says. */
const MIN_TTL_MS = 60_000
const MAX_TTL_MS = 86_400_000
/** A record is renewed at half of its life, at the first heartbeat after that (at most 10 min, see the setting), and then has to get here. */
const LATE_MS = 11 * 60_000

/**
 * What a neighbour's record tells of its clock. It was signed at `seq` by that clock, which cannot be earlier now, and is renewed at half of
 * its life, so it cannot be much later either. Undefined when the record does not say.
 */
export function sampleOfRecord(
  { peerId, name, seq, expiresMs }: Pick<PeerRecord, 'peerId' | 'name' | 'seq' | 'expiresMs'>,
  nowMs: number,
): ClockSample | undefined {
  const ttlMs = expiresMs - seq
  if (seq < FIRST_SEQ_MS || ttlMs < MIN_TTL_MS || ttlMs > MAX_TTL_MS) return undefined
  return { from: name || peerId, lowMs: seq - nowMs, highMs: seq + ttlMs / 2 + LATE_MS - nowMs }
}

/**
 * What an HTTP server's Date header (RFC 9110, section 6.6.1) tells of its clock; undefined when there is none. The header has whole
 * seconds, and the answer was made some time between the two moments.
 */
export function sampleOfDate(
  from: string,
  date: string | null,
  { sentMs, receivedMs }: { sentMs: number; receivedMs: number },
): ClockSample | undefined {
  const atMs = Date.parse(date ?? '')
  if (Number.isNaN(atMs)) return undefined
  return { from, lowMs: atMs - receivedMs, highMs: atMs + 1000 - sentMs }
}

/** Asks the REST API of an index server for the time; undefined when it does not answer. */
export async function askTime(
  { label, url }: { label: string; url: URL },
  clock: Clock,
  signal: AbortSignal,
): Promise<ClockSample | undefined> {
  const sentMs = clock.now()
  try {
    const answer = await fetch(new URL('api/v1/info', url), { method: 'HEAD', redirect: 'error', signal })
    const receivedMs = clock.now()
    await answer.body?.cancel()
    return sampleOfDate(`the index server ${label}`, answer.headers.get('date'), { sentMs, receivedMs })
  } catch {
    // Whether it can be reached is another check.
    return undefined
  }
}
