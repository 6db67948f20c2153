import type { RateMeter } from '../base/rate-meter.ts'
import type { EntryKind } from '../content/entry.ts'
import type { DownloadPriority, DownloadRecord } from '../storage/download-store.ts'
import type { DownloadError, DownloadState, DownloadStateName } from './download-state.ts'
import type { SourceRow } from './source.ts'
import type { SourceRoad } from './source-road.ts'

/** A download as others see it: plain data, a moment's truth. */
export interface DownloadView {
  readonly id: string
  readonly cid: string
  readonly name: string
  /** Where it is or will be. */
  readonly path: string
  /** `file` until the manifest says otherwise. */
  readonly kind: EntryKind
  readonly state: DownloadStateName
  readonly priority: DownloadPriority
  /** Blocks come from the beginning to the end, as far as sources allow it. */
  readonly sequential: boolean
  /** Place in the queue while it is queued, 1 = next. */
  readonly queuePosition?: number
  /** 0 while not known. Of a folder: near, until all its files are resolved. */
  readonly sizeBytes: number
  /** Verified and written. */
  readonly doneBytes: number
  /** Over the last three seconds. */
  readonly rateBytesPerSecond: number
  /** Time left at this rate, ms; undefined while nothing comes or the size is not known. */
  readonly etaMs?: number
  /** Files of a folder; undefined for a file. */
  readonly files?: { readonly done: number; readonly total: number }
  /** Running, but nobody serves: looking for somebody, or in the queues of those who could. */
  readonly waitingFor?: 'providers' | 'slots'
  /** Verified bytes by PeerId, all runs together. */
  readonly sources: Readonly<Record<string, number>>
  readonly activeSources: readonly ActiveSource[]
  /** Who is not read from, and why. Those who merely failed are tried again later. */
  readonly dropped: readonly DroppedSource[]
  readonly error?: DownloadError
  readonly createdMs: number
  readonly finishedMs?: number
}

export interface ActiveSource {
  readonly peerId: string
  readonly name: string
  /** HOST:PORT. */
  readonly addr: string
  /** `connecting`, `waiting` (in its queue) or `active`. */
  readonly state: string
  /** Place in its queue, 1 = next; undefined when not waiting. */
  readonly position?: number
  readonly rateBytesPerSecond: number
  /** How it is reached, or will be tried first. */
  readonly road: SourceRoad
  /** Verified bytes of it, all runs together. */
  readonly doneBytes: number
}

export interface DroppedSource {
  readonly peerId: string
  readonly reason: string
}

/** What a view is made from. */
export interface ViewParts {
  readonly record: DownloadRecord
  readonly state: DownloadState
  readonly sizeBytes: number
  readonly doneBytes: number
  readonly files: DownloadView['files']
  readonly sources: Readonly<Record<string, number>>
  readonly streams: Iterable<SourceRow>
  readonly dropped: Iterable<DroppedSource>
  readonly meter: RateMeter
  /** 1 = next; undefined while it is not known. */
  readonly queuePosition?: number | undefined
  readonly nowMs: number
}

export function composeView(parts: ViewParts): DownloadView {
  const { state, sizeBytes, files, sources, dropped, meter, queuePosition, nowMs } = parts
  const { id, cid, createdMs, kind, name, outPath, priority = 'normal', order } = parts.record
  const doneBytes = state.name === 'done' ? sizeBytes : parts.doneBytes
  const active = activeSources(parts)
  const rate = state.name === 'running' ? meter.rateBytesPerSecond(nowMs) : 0
  const waits = state.name === 'running' && !active.some((each) => each.state === 'active')
  return {
    id,
    cid,
    name,
    path: state.name === 'done' ? state.path : outPath,
    kind,
    state: state.name,
    priority,
    sequential: order === 'sequential',
    ...(state.name === 'queued' && queuePosition !== undefined && { queuePosition }),
    sizeBytes,
    doneBytes,
    rateBytesPerSecond: Math.round(rate),
    ...(rate > 0 && sizeBytes > 0 && { etaMs: Math.round(((sizeBytes - doneBytes) / rate) * 1000) }),
    ...(files && { files }),
    ...(waits && { waitingFor: active.some((each) => each.state === 'waiting') ? 'slots' : 'providers' }),
    sources: { ...sources },
    activeSources: active,
    dropped: uniqueDropped(dropped),
    ...(state.name === 'failed' && { error: state.error }),
    createdMs,
    ...('finishedMs' in state && { finishedMs: state.finishedMs }),
  }
}

/** Streams by peer: a folder has several to each. */
function activeSources({ streams, sources, nowMs }: ViewParts): ActiveSource[] {
  const rows = new Map<string, ActiveSource>()
  for (const stream of streams) {
    const { peerId, name } = stream.provider
    const before = rows.get(peerId)
    const best = before && RANK[before.state]! > RANK[stream.state.kind]! ? before : undefined
    rows.set(peerId, {
      peerId,
      name,
      addr: stream.address,
      state: best?.state ?? stream.state.kind,
      ...(best?.position !== undefined && { position: best.position }),
      ...(!best && stream.state.kind === 'waiting' && { position: stream.state.position }),
      rateBytesPerSecond: stream.meter.rateBytesPerSecond(nowMs) + (before?.rateBytesPerSecond ?? 0),
      road: best?.road ?? stream.road,
      doneBytes: sources[peerId] ?? 0,
    })
  }
  return [...rows.values()]
}

const RANK: Readonly<Record<string, number>> = { ended: 0, connecting: 1, waiting: 2, active: 3 }

/** Each peer once, with the first reason. */
function uniqueDropped(dropped: Iterable<DroppedSource>): DroppedSource[] {
  const byPeer = new Map<string, DroppedSource>()
  for (const each of dropped) if (!byPeer.has(each.peerId)) byPeer.set(each.peerId, each)
  return [...byPeer.values()]
}
