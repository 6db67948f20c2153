import type { Core } from './core.ts'
import type { PeerRecord } from './peer-record.ts'
import { labelOf, zoneText } from './point.ts'
import type { PeerState, PeerView } from './types.ts'

/** Everybody who is known, and those of `gone` who are still. */
export function viewsOf(core: Core, gone: readonly PeerRecord[]): PeerView[] {
  const { table, suspects } = core
  const alive = [...table.all()].map((record) =>
    viewOf(core, record, suspects.has(record.peerId) ? 'suspect' : 'alive'),
  )
  const dead = gone.flatMap((record) => {
    const tomb = table.tombstone(record.peerId)
    return tomb ? viewOf(core, record, tomb.left ? 'left' : 'dead') : []
  })
  return [...alive, ...dead]
}

function viewOf(
  { setup: { clock }, notes, neighbours }: Core,
  record: PeerRecord,
  state: PeerState,
): PeerView {
  const { peerId } = record
  const note = notes.peek(peerId)
  const link = neighbours.get(peerId)
  const heardMs = link ? clock.now() - (clock.monotonic() - link.heardMs) : 0
  return {
    ...{ record, state },
    isNeighbour: link !== undefined,
    // Heartbeats of a neighbour leave no note.
    lastSeenMs: Math.max(note?.lastSeenMs ?? 0, heardMs),
    latencyMs: link?.latencyMs ?? note?.latencyMs,
    zone: zoneText(labelOf(record.point, record.zoneBits)),
  }
}
