import type { Random } from '../base/random.ts'
import type { CandidatePeer } from './ports.ts'

/** A peer that would keep a copy. */
export interface WillingPeer extends CandidatePeer {
  /** Bytes that it would keep for the owner. */
  readonly roomBytes: number
  /** How long it has been running, ms. */
  readonly uptimeMs: number
  /** The content is there already: nothing has to be fetched. */
  readonly hasContent: boolean
}

export interface PlacementWish {
  /** Copies to be placed. */
  readonly count: number
  readonly sizeBytes: number
  /** PeerIds that are taken before all others, in this order. */
  readonly preferred: readonly string[]
  /** Where there are copies already, the owner's own too. */
  readonly present: readonly Pick<CandidatePeer, 'zone' | 'subnet'>[]
}

/** Up times differ by what they tell: minutes, hours, days. One that has been there longer will probably stay longer (Stutzbach and Rejaie 2006). */
const UPTIME_STEPS_MS = [10 * 60_000, 3_600_000, 24 * 3_600_000]
/** Room for so many more of the size, and it does not matter how much more there is. */
const AMPLE = 16

/**
 * Which of the willing get a copy, first choice first: those preferred; then one by one the peer whose subnet and then zone have the fewest copies, that has the
 * content, more room, a longer up time; where all that is the same, at random. Fewer than wanted when fewer have room.
 */
export function placeCopies(
  willing: readonly WillingPeer[],
  { count, sizeBytes, preferred, present }: PlacementWish,
  random: Random,
): WillingPeer[] {
  const fitting = willing.filter(({ roomBytes }) => roomBytes >= sizeBytes)
  const chosen: WillingPeer[] = []
  for (const peerId of preferred) {
    const peer = fitting.find((other) => other.peerId === peerId)
    if (peer && !chosen.includes(peer) && chosen.length < count) chosen.push(peer)
  }
  const left = fitting.filter((peer) => !chosen.includes(peer)).map((peer) => ({ peer, tie: random.float() }))
  while (chosen.length < count && left.length > 0) {
    const there = [...present, ...chosen]
    const merits = new Map(left.map((each) => [each, meritOf(each, { there, sizeBytes })]))
    left.sort((a, b) => compare(merits.get(a)!, merits.get(b)!))
    chosen.push(left.shift()!.peer)
  }
  return chosen
}

/** Smaller is better, number by number. */
function meritOf(
  { peer, tie }: { peer: WillingPeer; tie: number },
  { there, sizeBytes }: { there: readonly Pick<CandidatePeer, 'zone' | 'subnet'>[]; sizeBytes: number },
): number[] {
  const sharing = (field: 'zone' | 'subnet') =>
    peer[field] === '' ? 0 : there.filter((other) => other[field] === peer[field]).length
  const room = Math.min(AMPLE, Math.floor(peer.roomBytes / Math.max(1, sizeBytes)))
  const steady = UPTIME_STEPS_MS.filter((step) => peer.uptimeMs >= step).length
  return [sharing('subnet'), sharing('zone'), peer.hasContent ? 0 : 1, -room, -steady, tie]
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i])
  return at < 0 ? 0 : a[at]! - b[at]!
}
