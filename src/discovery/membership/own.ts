import type { RecordChange } from './core.ts'
import { type PeerRecord, signRecord } from './peer-record.ts'
import { labelOf } from './point.ts'
import type { MembershipSetup, Zone } from './types.ts'

const MAX_ADDRESSES = 16

/** What a node says of itself: its record, signed anew with each change, and its zone. */
export class OwnRecord {
  readonly #setup: Pick<MembershipSetup, 'signer' | 'self' | 'clock'>
  readonly #ttlMs: number
  readonly #sinceMs: number
  #zone: Zone = { bits: 0, label: 1 }
  #record: PeerRecord

  constructor(setup: Pick<MembershipSetup, 'signer' | 'self' | 'clock'>, ttlMs: number) {
    this.#setup = setup
    this.#ttlMs = ttlMs
    this.#sinceMs = setup.clock.now()
    this.#record = this.#sign({}, undefined)
  }

  get record(): PeerRecord {
    return this.#record
  }

  get zone(): Zone {
    return this.#zone
  }

  /** The zone of so many bits from now on; the record says so when it is signed next. */
  setZone(bits: number): void {
    this.#zone = { bits, label: labelOf(this.#record.point, bits) }
  }

  renew(change: RecordChange): void {
    this.#record = this.#sign(change, this.#record)
  }

  /** Half of its life is over, or the node has another name or other addresses. */
  get isStale(): boolean {
    const { self, clock } = this.#setup
    const { name, addresses } = self()
    const { record } = this
    const isOld = record.expiresMs - clock.now() < this.#ttlMs / 2
    return (
      isOld || name !== record.name || addresses.slice(0, MAX_ADDRESSES).join() !== record.addresses.join()
    )
  }

  #sign(change: RecordChange, before: PeerRecord | undefined): PeerRecord {
    const { signer, self, clock } = this.#setup
    const { name, addresses } = self()
    return signRecord(signer, {
      name,
      addresses: addresses.slice(0, MAX_ADDRESSES),
      role: change.role ?? before?.role ?? 'member',
      seq: Math.max(change.seq ?? 0, (before?.seq ?? 0) + 1, clock.now()),
      expiresMs: clock.now() + this.#ttlMs,
      zoneBits: this.#zone.bits,
      left: change.left ?? false,
      sinceMs: this.#sinceMs,
    })
  }
}
