import type { UploadsView, UploadView } from '../api/node-port.ts'
import { expectedWaitsMs, turnBytesLeft } from '../transfer/upload-eta.ts'

/** One upload, as the upload slots tell it. */
export interface UploadFacts {
  readonly peerId: string
  readonly cid: string
  /** Sent on this stream. */
  readonly bytes: number
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
  { ratesOf, peerName, file, rotateBytes }: UploadLookups,
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
  const waitsMs = expectedWaitsMs({
    slots,
    rateBytesPerSecond: rates.reduce((sum, rate) => sum + rate, 0),
    active: active.map(left),
    queued: queued.map(left),
  })
  const row = ({ peerId, cid, bytes, position }: UploadFacts, rate: number, waitMs?: number): UploadView => ({
    peerId,
    peerName: peerName(peerId),
    cid,
    name: fileOf(cid)?.name ?? '',
    bytes,
    rateBytesPerSecond: Math.round(rate),
    ...(position !== undefined && { position }),
    ...(waitMs !== undefined && { etaMs: waitMs }),
  })
  return {
    slots,
    active: active.map((each, i) => row(each, rates[i]!)),
    queued: queued.map((each, i) => row(each, 0, waitsMs[i])),
  }
}
