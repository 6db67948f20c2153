import type { Refusal } from './codes.ts'
import type { RelayOptions } from './options.ts'

/** A reservation that exists or is just being asked for. */
export interface HeldSlot {
  readonly peerId: string
  /** What counts as one address, see `networkOf` of the links; empty for one that is not known. */
  readonly network: string
  /** Whether the peer is connected: who has left can no longer be reached, so the place may be given away. */
  readonly isConnected: boolean
}

/** What becomes of a wish for a reservation. */
export interface SlotAnswer {
  readonly refusal?: Refusal | undefined
  /** Peers whose reservation is to be dropped to make room. */
  readonly drop: readonly string[]
}

/** Places come free when peers leave, which nobody can foresee. */
const RETRY_MS = 10 * 60_000

/**
 * Whether a peer may have a reservation. One that it has already may always be renewed. Those of peers that have left
 * are dropped, but only when the place is needed: who comes back soon need not reserve again.
 */
export function slotFor(
  asking: Pick<HeldSlot, 'peerId' | 'network'>,
  held: readonly HeldSlot[],
  limits: Pick<RelayOptions, 'slots' | 'slotsPerAddress'>,
): SlotAnswer {
  if (held.some(({ peerId }) => peerId === asking.peerId)) return { drop: [] }
  const drop = new Set<string>()
  const near = held.filter(({ network }) => network === asking.network && network !== '')
  if (!makeRoom(near, limits.slotsPerAddress, drop))
    return refused('SLOTS_PER_ADDRESS', limits.slotsPerAddress)
  if (
    !makeRoom(
      held.filter(({ peerId }) => !drop.has(peerId)),
      limits.slots,
      drop,
    )
  )
    return refused('SLOTS', limits.slots)
  return { drop: [...drop] }
}

/** Notes who is to go so that fewer than `limit` are left. False when too many of them are connected. */
function makeRoom(held: readonly HeldSlot[], limit: number, drop: Set<string>): boolean {
  let excess = held.length - limit + 1
  if (held.filter(({ isConnected }) => isConnected).length >= limit) return false
  for (const { peerId, isConnected } of held) {
    if (excess <= 0) break
    if (isConnected) continue
    drop.add(peerId)
    excess--
  }
  return true
}

function refused(code: 'SLOTS' | 'SLOTS_PER_ADDRESS', limit: number): SlotAnswer {
  return { refusal: { code, limit, retryAfterMs: RETRY_MS }, drop: [] }
}
