import type { SimHost } from '../../../../lab/sim/host.ts'
import { SimNetwork } from '../../../../lab/sim/network.ts'
import { VirtualClock } from '../../../../lab/sim/virtual-clock.ts'
import { Emitter } from '../../../base/events.ts'
import { silentLogger } from '../../../base/log.ts'
import { seededRandom } from '../../../base/random.ts'
import type { SharedEntry } from '../../../content/entry.ts'
import { ZoneService } from '../../../contract/gen/shoal/v1/zone_pb.ts'
import { createIdentity, verify } from '../../../link/identity.ts'
import { type PeerRecord, signRecord, VerifyingReader } from '../../membership/peer-record.ts'
import { commonPrefix, inZone, labelOf, pointOf } from '../../membership/point.ts'
import { SharedSet } from '../../testing/shared-set.ts'
import { ZoneLocator, type ZoneLocatorSetup } from '../../zone-locator.ts'
import { MemoPageReader, VerifyingPageReader } from '../page-reader.ts'
import type { ZoneMembership } from '../ports.ts'

/** A node of a simulated network whose membership a test decides. */
export interface ZoneWorldNode {
  readonly peerId: string
  readonly host: SimHost
  readonly locator: ZoneLocator
  readonly membership: FakeMembership
  share(entries: readonly SharedEntry[]): Promise<void>
}

/** Knows the peers that it is told. */
export class FakeMembership implements ZoneMembership {
  record: PeerRecord
  zone: { bits: number; label: number }
  readonly zoneChanges = new Emitter<{ bits: number; label: number }>()
  readonly changes = new Emitter<{ peerId: string; state: string }>()
  readonly peers = new Map<string, PeerRecord>()
  readonly gone = new Set<string>()
  readonly failed: string[] = []
  readonly #resign: (bits: number, seq: number) => PeerRecord

  constructor(resign: (bits: number, seq: number) => PeerRecord, bits: number) {
    this.#resign = resign
    this.record = resign(bits, 1)
    this.zone = { bits, label: labelOf(this.record.point, bits) }
  }

  setBits(bits: number): void {
    this.record = this.#resign(bits, this.record.seq + 1)
    this.zone = { bits, label: labelOf(this.record.point, bits) }
    this.zoneChanges.emit(this.zone)
  }

  learn(record: PeerRecord): boolean {
    if (record.peerId === this.record.peerId) return false
    if ((this.peers.get(record.peerId)?.seq ?? -1) >= record.seq) return false
    this.peers.set(record.peerId, record)
    return true
  }

  find(peerId: string): PeerRecord | undefined {
    return this.isGone(peerId) ? undefined : this.peers.get(peerId)
  }

  isGone(peerId: string): boolean {
    return this.gone.has(peerId)
  }

  closest(point: number, limit: number): PeerRecord[] {
    return [...this.peers.values()]
      .filter(({ peerId }) => !this.gone.has(peerId))
      .sort(
        (a, b) =>
          this.#failures(a) - this.#failures(b) ||
          commonPrefix(b.point, point) - commonPrefix(a.point, point),
      )
      .slice(0, limit)
  }

  zoneMates(): PeerRecord[] {
    return [...this.peers.values()].filter(
      ({ peerId, point }) => !this.gone.has(peerId) && inZone(point, this.zone.label),
    )
  }

  isInOwnZone(point: number): boolean {
    return inZone(point, this.zone.label)
  }

  reportFailure(peerId: string): void {
    this.failed.push(peerId)
  }

  #failures({ peerId }: PeerRecord): number {
    return this.failed.includes(peerId) ? 1 : 0
  }
}

/** Makes so many nodes in zones of `bits`; everybody knows everybody. Clock and links are simulated, messages go as bytes. */
export function makeZoneWorld(
  count: number,
  bits: number,
  given: Partial<Pick<ZoneLocatorSetup, 'options' | 'fallback' | 'foreign'>> = {},
) {
  const clock = new VirtualClock()
  const random = seededRandom(7)
  const network = new SimNetwork({ clock, random, wire: true })
  const pageReader = new MemoPageReader(new VerifyingPageReader(verify))
  const recordReader = new VerifyingReader(verify)
  const nodes = Array.from({ length: count }, (): ZoneWorldNode => {
    const identity = createIdentity()
    const { peerId } = identity
    const host = network.addHost({ peerId })
    const resign = (zoneBits: number, seq: number) =>
      signRecord(identity, {
        ...{ name: 'node', addresses: [host.address], role: 'member', seq, zoneBits, left: false },
        sinceMs: 0,
        expiresMs: clock.now() + 3_600_000,
      })
    const membership = new FakeMembership(resign, bits)
    const source = new SharedSet()
    const locator = new ZoneLocator({
      ...{ membership, signer: identity, pageReader, recordReader, source, random },
      ...{ links: host.links, clock: host.clock, log: silentLogger },
      ...given,
    })
    host.serve(ZoneService, locator.service)
    return {
      ...{ peerId, host, locator, membership },
      async share(entries) {
        const { added, removed } = source.set(entries)
        await locator.withdraw(removed)
        await locator.announce(added)
      },
    }
  })
  for (const { membership } of nodes) for (const other of nodes) membership.learn(other.membership.record)
  /** Lets time pass. */
  const run = (ms: number) => clock.run(ms)
  /** Those who are of the zone of a key. */
  const membersOf = (key: string) => nodes.filter(({ membership }) => membership.isInOwnZone(pointOf(key)))
  return { clock, network, nodes, run, membersOf }
}
