import type { Clock } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { NeighbourService, type SignedPeerRecord } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import type { Links } from '../../link/rpc.ts'
import type { PeerRecord, RecordReader } from './peer-record.ts'
import type { Seed } from './types.ts'

const MAX_TOLD = 6000

/** Asks single peers. */
export class Caller {
  readonly #links: Links
  readonly #reader: RecordReader
  readonly #clock: Clock
  readonly #own: () => PeerRecord

  constructor(links: Links, reader: RecordReader, clock: Clock, own: () => PeerRecord) {
    this.#links = links
    this.#reader = reader
    this.#clock = clock
    this.#own = own
  }

  /** Its record and the round trip, ms. @throws ShoalError of the link; BAD_RESPONSE */
  async ping(target: Seed, timeoutMs: number): Promise<{ record: PeerRecord; latencyMs: number }> {
    const client = this.#links.connect(NeighbourService, target)
    const startMs = this.#clock.monotonic()
    const { record } = await client.ping({ record: this.#own().signed }, { timeoutMs })
    if (!record) throw new ShoalError('BAD_RESPONSE', 'A peer answered without its record.')
    const read = this.#reader.read(record)
    const answerer = target.peerId ?? client.remotePeerId()
    if (answerer !== undefined && answerer !== read.peerId)
      throw new ShoalError('BAD_RESPONSE', 'A peer answered with the record of another.')
    return { record: read, latencyMs: this.#clock.monotonic() - startMs }
  }

  /** Records that a peer knows, those near `near` first; ones that cannot be read are left out. @throws ShoalError of the link */
  async getPeers(
    target: Seed,
    request: { near?: number; limit: number },
    timeoutMs: number,
  ): Promise<PeerRecord[]> {
    const client = this.#links.connect(NeighbourService, target)
    const told: PeerRecord[] = []
    for await (const { records } of client.getPeers(request, { timeoutMs })) {
      told.push(...this.readAll(records))
      if (told.length >= MAX_TOLD) break
    }
    return told
  }

  readAll(records: readonly SignedPeerRecord[]): PeerRecord[] {
    return records.flatMap((signed) => {
      try {
        return this.#reader.read(signed)
      } catch {
        return []
      }
    })
  }
}
