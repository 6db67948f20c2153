import type { SharedEntry } from '../../content/entry.ts'
import { entryFromWire } from '../../content/entry-wire.ts'
import { compileQuery, matchText } from '../../content/match.ts'
import type { FloodAnswer } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import type { LocatorHit, Provider, SearchQuery } from '../locator.ts'
import type { FloodMembership, ProviderReader } from './ports.ts'

export interface HitReaderSetup {
  readonly query: SearchQuery
  readonly reader: ProviderReader
  readonly membership: Pick<FloodMembership, 'record' | 'isGone'>
}

/** Reads what came for a query from who knows where: only what its peer has signed, can be, and was asked for is a hit. */
export class HitReader {
  readonly #setup: HitReaderSetup
  readonly #matches: (entry: SharedEntry, text: string) => boolean

  constructor(setup: HitReaderSetup) {
    this.#setup = setup
    this.#matches = compileQuery(setup.query)
  }

  /** The hits of one answer; none of a peer that is forged, gone or this node itself. */
  read({ provider: signed, entries }: FloodAnswer): LocatorHit[] {
    const { reader, membership } = this.#setup
    if (!signed || entries.length === 0) return []
    let provider: Provider
    try {
      const { peerId, name, addresses } = reader.read(signed)
      provider = { peerId, name, addresses }
    } catch {
      return []
    }
    const { peerId } = provider
    if (peerId === membership.record.peerId || membership.isGone(peerId)) return []
    return entries.flatMap((wire) => {
      try {
        const entry = entryFromWire(wire)
        return this.#matches(entry, matchText(entry.path)) ? [{ entry, providers: [provider] }] : []
      } catch {
        return []
      }
    })
  }
}
