import { CallerLimits, type Rate } from '../base/caller-limits.ts'
import type { Clock } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import { OfferReply, type SignedValueRecord } from '../contract/gen/shoal/v1/kv_pb.ts'
import type { Copies } from './copies.ts'
import { Expected } from './expected.ts'
import { headFromWire } from './head-wire.ts'
import type { Holder, Outcome } from './holder.ts'
import { checkKey } from './key.ts'
import { MAX_OFFERED, STORE_BATCH } from './options.ts'
import { outcomeToWire, replyOf } from './outcome-wire.ts'
import type { ValueHandlers, Verify } from './ports.ts'
import { readValue, type ValueRecord } from './record.ts'

export interface HandlersSetup {
  readonly holder: Holder
  readonly copies: Copies
  readonly verify: Verify
  readonly clock: Clock
}

/**
 * What one caller may ask for, in records read or stored. A holder that fills a new one with all its records takes some minutes
 * at this pace; a script that puts values one by one never meets it.
 */
const CALLER_RATE: Rate = { burst: 2000, perSecond: 200 }
/** What all callers together may: identities cost nothing, a write costs an fsync. */
const TOTAL_RATE: Rate = { burst: 10_000, perSecond: 1000 }

/** Bytes that count as much as one record. */
const UNIT_BYTES = 32 * 1024
/** Heads that do. */
const UNIT_HEADS = 50

/** What this node answers to other peers about values. */
export function valueHandlers({ holder, copies, verify, clock }: HandlersSetup): ValueHandlers {
  const limits = new CallerLimits(clock, { caller: CALLER_RATE, total: TOTAL_RATE })
  const expected = new Expected(clock)
  const charge = (peerId: string, units: number) => {
    if (!limits.take(peerId, Math.ceil(units))) throw new ShoalError('RATE_LIMITED')
  }
  return {
    async storeValues({ records }, { peerId }) {
      const bytes = records.reduce((sum, { record }) => sum + record.length, 0)
      if (records.length > STORE_BATCH.items || (records.length > 1 && bytes > STORE_BATCH.size))
        throw new ShoalError('TOO_LARGE', `Send at most ${STORE_BATCH.items} records and 1 MiB at once.`)
      charge(peerId, records.length + bytes / UNIT_BYTES)
      const read = records.map((signed) => tryRead(signed, verify))
      const good = read.filter((record) => record !== undefined)
      const outcomes = holder.accept(good)
      good.forEach((record, i) => {
        expected.remove(record)
        const { kind } = outcomes[i]!
        if (kind === 'stored' || kind === 'same') copies.note(record, peerId)
      })
      const wrong: Outcome = { kind: 'refused', code: 'INVALID_ARGUMENT' }
      let next = 0
      const results = read.map((record) => outcomeToWire(record ? outcomes[next++]! : wrong))
      return { results }
    },

    async getValue({ key }, { peerId }) {
      charge(peerId, 1)
      const record = holder.get(checkKey(key))
      return record ? { record: record.signed } : {}
    },

    async offerValues({ heads }, { peerId }) {
      if (heads.length > MAX_OFFERED)
        throw new ShoalError('TOO_LARGE', `Offer at most ${MAX_OFFERED} records at once.`)
      charge(peerId, 1 + heads.length / UNIT_HEADS)
      const replies = heads.map((wire) => {
        const head = headFromWire(wire)
        const outcome = holder.judge(head)
        if (outcome.kind === 'same') copies.note(head, peerId)
        // Somebody else is sending it: the next offer finds it here.
        if (outcome.kind === 'stored' && !expected.add(head, peerId)) return OfferReply.REFUSED
        return replyOf(outcome)
      })
      return { replies }
    },
  }
}

function tryRead(signed: SignedValueRecord, verify: Verify): ValueRecord | undefined {
  try {
    return readValue(signed, verify)
  } catch {
    return undefined
  }
}
