import { CallerLimits, type Rate } from '../base/caller-limits.ts'
import type { Clock } from '../base/clock.ts'
import { ShoalError, toShoalError } from '../base/errors.ts'
import { cidFromBytes } from '../content/cid.ts'
import { ClaimRefusal, type ReplicaService } from '../contract/gen/shoal/v1/replica_pb.ts'
import type { ServiceImpl } from '../link/rpc.ts'
import type { Claims } from './claims.ts'
import type { Exchange } from './exchange.ts'
import type { Keeper } from './keeper.ts'
import { MAX_HEADS, MAX_SETS_SENT } from './options.ts'
import type { Partners } from './partners.ts'
import type { Signer, Verify } from './ports.ts'
import { isLeaseOf, readOrder } from './records.ts'
import { holderOf, replicaKey } from './replica-set.ts'
import type { SetBook } from './set-book.ts'
import { checkAddresses, setFromWire } from './set-wire.ts'
import { statusToWire } from './status.ts'

export interface ReplicaHandlersSetup {
  readonly signer: Signer
  readonly verify: Verify
  readonly book: SetBook
  readonly keeper: Keeper
  readonly partners: Partners
  readonly claims: Claims
  readonly exchange: Exchange
  readonly uptimeMs: () => number
  readonly clock: Clock
}

/** Units: a head costs one; where signatures are checked, and something may be written, five. */
const CALLER_RATE: Rate = { burst: 5000, perSecond: 500 }
const TOTAL_RATE: Rate = { burst: 20_000, perSecond: 2000 }
const UNITS = { survey: 5, keep: 5, claim: 5, set: 5 } as const

/** What this node answers to other peers about copies. */
export function replicaHandlers(setup: ReplicaHandlersSetup): ServiceImpl<typeof ReplicaService> {
  const { signer, verify, book, keeper, partners, claims, exchange, uptimeMs, clock } = setup
  const limits = new CallerLimits(clock, { caller: CALLER_RATE, total: TOTAL_RATE })
  const enter = (peerId: string, units: number) => {
    if (!limits.take(peerId, units)) throw new ShoalError('RATE_LIMITED')
    partners.heard(peerId)
  }
  return {
    async survey({ order: signed }, { peerId }) {
      enter(peerId, UNITS.survey)
      const order = checked(() => readOrder(signed, verify))
      try {
        const { bytes, files, hasContent } = await keeper.survey(order)
        const room = { roomBytes: BigInt(bytes), roomFiles: BigInt(files), hasContent }
        return { willing: true, ...room, uptimeMs: BigInt(Math.trunc(uptimeMs())) }
      } catch (error) {
        const { code, message } = toShoalError(error)
        return { willing: false, errorCode: code, message }
      }
    },

    async keep({ set: wire, addresses }, { peerId }) {
      enter(peerId, UNITS.keep)
      const set = checked(() => setFromWire(wire, verify))
      const { order } = set
      const lease = holderOf(set, peerId)?.lease
      if (peerId !== order.owner && !isLeaseOf(lease, { order, holder: peerId, nowMs: clock.now() }))
        throw new ShoalError(
          'PERMISSION_DENIED',
          'Only the owner and those who keep a copy may ask for more.',
        )
      const owned =
        peerId === order.owner && set.ownerAddresses.length === 0
          ? { ...set, ownerAddresses: checkAddresses(addresses) }
          : set
      try {
        const status = await keeper.keep(owned)
        const kept = status === 'kept' ? keeper.lease(replicaKey(order)) : undefined
        return { status: statusToWire(status), ...(kept && { lease: kept.signed }) }
      } catch (error) {
        const { code, message } = toShoalError(error)
        return { status: statusToWire('none'), errorCode: code, message }
      }
    },

    async exchange(request, { peerId }) {
      const { heads, sets } = request
      if (heads.length > MAX_HEADS || sets.length > MAX_SETS_SENT)
        throw new ShoalError(
          'TOO_LARGE',
          `Send at most ${MAX_HEADS} heads and ${MAX_SETS_SENT} sets at once.`,
        )
      enter(peerId, 1 + heads.length + sets.length * UNITS.set)
      return exchange.answer(request, peerId)
    },

    async claim({ owner, cid: bytes, release }, { peerId }) {
      enter(peerId, UNITS.claim)
      const key = replicaKey({ owner, cid: checked(() => cidFromBytes(bytes)) })
      if (release) {
        claims.release(key, peerId)
        return {}
      }
      const set = book.get(key)?.set
      const isSilent = (other: string) => partners.isSilent(other)
      if (!set || !holderOf(set, peerId)) return { refusal: ClaimRefusal.STRANGER }
      if (owner === signer.peerId || !isSilent(owner)) return { refusal: ClaimRefusal.OWNER }
      if (!claims.take(key, peerId, isSilent)) return { refusal: ClaimRefusal.TAKEN }
      return { granted: true }
    },
  }
}

/** What a caller sent is the caller's fault. */
function checked<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new ShoalError('INVALID_ARGUMENT', toShoalError(error).message, { cause: error })
  }
}
