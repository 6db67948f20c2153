import { createHash } from 'node:crypto'
import type { SimHost } from '../../../../lab/sim/host.ts'
import type { SimNetwork } from '../../../../lab/sim/network.ts'
import { silentLogger } from '../../../base/log.ts'
import { peerIdFromPublicKey } from '../../../link/peer-id.ts'
import { type Ending, Neighbours } from '../neighbours.ts'
import { DEFAULT_MEMBERSHIP_OPTIONS, type MembershipOptions } from '../options.ts'
import { type PeerRecord, recordFromWire, signRecord } from '../peer-record.ts'
import type { NeighbourStream } from '../ports.ts'

/** A set of neighbours with nothing around it, that does only what a test tells it to. */
export interface BareNode {
  readonly record: PeerRecord
  readonly host: SimHost
  readonly neighbours: Neighbours
  /** Streams that are not over, whoever opened them. */
  readonly streams: ReadonlySet<NeighbourStream>
  /** Streams that this side opened, ever. */
  opened(): number
  readonly downs: { readonly peerId: string; readonly ending: Ending }[]
  /** Peers that refused, and how many others they told. */
  readonly refusals: string[]
  readonly told: number[]
}

/** @param number makes the PeerId */
export function bareNode(
  network: SimNetwork,
  number: number,
  options: Partial<MembershipOptions> = {},
): BareNode {
  const peerId = peerIdFromPublicKey(createHash('sha256').update(`bare ${number}`).digest())
  const host = network.addHost({ peerId })
  const record = signRecord(
    { peerId, sign: () => new Uint8Array(64) },
    {
      ...{ name: `bare ${number}`, addresses: [host.address], role: 'member', seq: 1 },
      ...{ expiresMs: host.clock.now() + 3_600_000, zoneBits: 0, left: false, sinceMs: host.clock.now() },
    },
  )
  const downs: BareNode['downs'] = []
  const refusals: string[] = []
  const told: number[] = []
  const streams = new Set<NeighbourStream>()
  let opened = 0
  const watch = (stream: NeighbourStream): NeighbourStream => {
    const watched: NeighbourStream = {
      peerId: stream.peerId,
      remoteAddress: stream.remoteAddress,
      send: (message) => stream.send(message),
      close: () => stream.close(),
      listen: (onMessage, onClose) =>
        stream.listen(onMessage, () => {
          streams.delete(watched)
          onClose()
        }),
    }
    streams.add(watched)
    return watched
  }
  const transport = {
    open: async (...given: Parameters<typeof host.transport.open>) => {
      const stream = await host.transport.open(...given)
      opened++
      return watch(stream)
    },
    onStream: (stream: NeighbourStream) => stream.close(),
  }
  host.transport.onStream = (stream) => transport.onStream(watch(stream))
  const neighbours = new Neighbours(
    {
      peerId,
      record: () => record,
      introduce: (_, signed) => recordFromWire(signed!),
      others: () => neighbours.list.map((link) => link.record.signed),
      onOthers: (records) => told.push(records.length),
      onUp: () => {},
      onMoved: () => {},
      onDown: (link, ending) => downs.push({ peerId: link.peerId, ending }),
      onSilent: () => {},
      onMessage: () => {},
      onDialFailed: (failed) => refusals.push(failed),
    },
    transport,
    host.clock,
    silentLogger,
    { ...DEFAULT_MEMBERSHIP_OPTIONS, ...options },
  )
  neighbours.start()
  return { record, host, neighbours, streams, opened: () => opened, downs, refusals, told }
}
