import type { UploadPeerView, UploadsView, UploadView } from '../api/node-port.ts'
import { expectedWaitsMs, turnBytesLeft } from '../transfer/upload-eta.ts'

/** One upload, as the upload slots tell it. */
export interface UploadFacts {
  readonly peerId: string
  readonly cid: string
  /** Sent on this stream. */
  readonly bytes: number
  /** It came through libp2p. */
  readonly isTunnelled: boolean
  /** Place in the queue, 1 = next; undefined while it sends. */
  readonly position?: number
}

/** What is known beside it. */
export interface UploadLookups {
  /** Bytes a second of each of the rows. */
  ratesOf(rows: readonly UploadFacts[]): readonly number[]
  /** Name that a peer gave itself; empty when it is not known. */
  peerName(peerId: string): string
  /** Undefined when it is not shared any more. */
  file(cid: string): { readonly name: string; readonly sizeBytes: number } | undefined
  /** Of the connection through libp2p to a peer; undefined when there is none. */
  tunnelTo(peerId: string): 'relayed' | 'tunnel' | undefined
  /** Those who are not served because the owner says so. */
  readonly paused: readonly UploadPeerView[]
  /** Bytes after which a stream gives its slot to one that waits. */
  readonly rotateBytes: number
}

/** The uploads as the API shows them. */
export function uploadsView(
  {
    slots,
    active,
    queued,
  }: { slots: number; active: readonly UploadFacts[]; queued: readonly UploadFacts[] },
  { ratesOf, peerName, file, tunnelTo, paused, rotateBytes }: UploadLookups,
): UploadsView {
  const files = new Map<string, ReturnType<typeof file>>()
  const fileOf = (cid: string) => {
    if (!files.has(cid)) files.set(cid, file(cid))
    return files.get(cid)
  }
  const left = ({ cid, bytes }: UploadFacts) => ({
    leftBytes: turnBytesLeft(bytes, fileOf(cid)?.sizeBytes, rotateBytes),
  })
  const rates = ratesOf(active)
  const isHeld = new Set(paused.map(({ peerId }) => peerId))
  const waitsMs = expectedWaitsMs({
    slots,
    rateBytesPerSecond: rates.reduce((sum, rate) => sum + rate, 0),
    active: active.map(left),
    // Those who are paused come last in the queue, and when is for their owner to say.
    queued: queued.filter(({ peerId }) => !isHeld.has(peerId)).map(left),
  })
  const row = (facts: UploadFacts, rate: number, waitMs?: number): UploadView => ({
    peerId: facts.peerId,
    peerName: peerName(facts.peerId),
    cid: facts.cid,
    name: fileOf(facts.cid)?.name ?? '',
    ...sized(fileOf(facts.cid)),
    bytes: facts.bytes,
    road: facts.isTunnelled ? (tunnelTo(facts.peerId) ?? 'tunnel') : 'direct',
    rateBytesPerSecond: Math.round(rate),
    ...(facts.position !== undefined && { position: facts.position }),
    ...(waitMs !== undefined && { etaMs: waitMs }),
  })
  return {
    slots,
    active: active.map((each, i) => row(each, rates[i]!)),
    queued: queued.map((each, i) => row(each, 0, waitsMs[i])),
    paused,
  }
}

const sized = (file: { readonly sizeBytes: number } | undefined) =>
  file ? { sizeBytes: file.sizeBytes } : {}
