import type { MessageInitShape } from '@bufbuild/protobuf'
import { entryToWire } from '../../content/entry-wire.ts'
import { EntryKind } from '../../contract/gen/shoal/v1/common_pb.ts'
import type {
  DownloadSchema,
  ListNodePeersResponseSchema,
  NodeGetValueResponseSchema,
  NodeSearchResponseSchema,
  PutValueResponseSchema,
  ShareSchema,
  UploadSchema,
  VerificationSchema,
  WatchVerifyResponseSchema,
} from '../../contract/gen/shoal/v1/node_pb.ts'
import type {
  DownloadView,
  PeerRow,
  PutView,
  SearchEvent,
  ShareView,
  UploadView,
  ValueView,
  VerifyEvent,
  VerifyView,
} from '../node-port.ts'

/** A download as the control contract has it. */
export function downloadToWire(view: DownloadView): MessageInitShape<typeof DownloadSchema> {
  const { id, cid, name, path, state, priority, sequential, queuePosition, etaMs } = view
  const { rateBytesPerSecond, error } = view
  return {
    id,
    cid,
    name,
    path,
    state,
    sizeBytes: BigInt(view.sizeBytes),
    doneBytes: BigInt(view.doneBytes),
    rateBytesPerSecond,
    sources: Object.fromEntries(Object.entries(view.sources).map(([peer, bytes]) => [peer, BigInt(bytes)])),
    errorCode: error?.code ?? '',
    errorMessage: error?.message ?? '',
    priority,
    sequential,
    queuePosition: queuePosition ?? 0,
    ...(etaMs !== undefined && { etaMs }),
    activeSources: view.activeSources.map(({ position: place, doneBytes, ...source }) => ({
      ...source,
      position: place ?? 0,
      doneBytes: BigInt(doneBytes),
    })),
    dropped: view.dropped.map(({ peerId, reason }) => ({ peerId, reason })),
    ...(view.files && { files: { ...view.files } }),
    waitingFor: view.waitingFor ?? '',
    kind: view.kind === 'folder' ? EntryKind.FOLDER : EntryKind.FILE,
    createdMs: view.createdMs,
    ...(view.finishedMs !== undefined && { finishedMs: view.finishedMs }),
  }
}

/** An upload as the control contract has it. */
export function uploadToWire({
  bytes,
  sizeBytes,
  position,
  etaMs,
  ...rest
}: UploadView): MessageInitShape<typeof UploadSchema> {
  return {
    ...rest,
    bytes: BigInt(bytes),
    ...(sizeBytes !== undefined && { sizeBytes: BigInt(sizeBytes) }),
    position: position ?? 0,
    ...(etaMs !== undefined && { etaMs }),
  }
}

/** One event of a search as the control contract has it. */
export function searchEventToWire(event: SearchEvent): MessageInitShape<typeof NodeSearchResponseSchema> {
  if (event.type === 'hit') {
    const { entry, providers, via } = event
    const value = {
      entry: entryToWire(entry),
      providers: providers.map(({ peerId, name, addresses }) => ({
        peerId,
        name,
        addresses: [...addresses],
      })),
      via: [...via],
    }
    return { event: { case: 'hit', value } }
  }
  const { hits, ms, reason } = event
  const via = Object.fromEntries(
    Object.entries(event.via).map(([name, report]) => [
      name,
      {
        hits: report.hits,
        messages: report.messages,
        ms: report.ms,
        asked: report.asked,
        bytes: BigInt(report.bytes),
        ...(report.firstHitHops !== undefined && { firstHitHops: report.firstHitHops }),
        stopped: report.stopped ?? '',
        problems: [...(report.problems ?? [])],
        error: report.error ? `${report.error.code}: ${report.error.message}` : '',
      },
    ]),
  )
  return { event: { case: 'done', value: { hits, ms, via, reason } } }
}

/** The peers as the control contract has them. */
export function peersToWire(peers: readonly PeerRow[]): MessageInitShape<typeof ListNodePeersResponseSchema> {
  return {
    peers: peers.map(
      ({ peerId, name, addr, road, zone, state, neighbour, latencyMs, lastSeenMs, updatedMs }) => ({
        peerId,
        name,
        addr,
        road,
        ...(zone !== null && { zone }),
        state,
        neighbour,
        ...(latencyMs !== null && { latencyMs }),
        lastSeenMs: BigInt(Math.trunc(lastSeenMs)),
        ...(updatedMs !== null && { updatedMs: BigInt(Math.trunc(updatedMs)) }),
      }),
    ),
  }
}

/** A share as the control contract has it. */
export function shareToWire(share: ShareView): MessageInitShape<typeof ShareSchema> {
  return {
    ...share,
    kind: share.kind === 'folder' ? EntryKind.FOLDER : EntryKind.FILE,
    files: BigInt(share.files),
    sizeBytes: BigInt(share.sizeBytes),
  }
}

/** A value that was put, as the control contract has it. */
export function putToWire(view: PutView): MessageInitShape<typeof PutValueResponseSchema> {
  const { version, writer, expiresMs, replicas } = view
  return { version: BigInt(version), writer, expiresMs: BigInt(expiresMs), replicas }
}

/** A value that was found, as the control contract has it. */
export function valueToWire(view: ValueView): MessageInitShape<typeof NodeGetValueResponseSchema> {
  const { value, version, writer, expiresMs } = view
  return { value, version: BigInt(version), writer, expiresMs: BigInt(expiresMs) }
}

/** A verification as the control contract has it. */
export function verifyToWire(view: VerifyView): MessageInitShape<typeof VerificationSchema> {
  const { state, rateBytesPerSecond, etaMs, ms } = view
  return {
    ...{ state, rateBytesPerSecond, ms, ...(etaMs !== undefined && { etaMs }) },
    files: BigInt(view.files),
    filesTotal: BigInt(view.filesTotal),
    bytes: BigInt(view.bytes),
    bytesTotal: BigInt(view.bytesTotal),
    damaged: BigInt(view.damaged),
  }
}

/** What happens in a verification, as the control contract has it. */
export function verifyEventToWire(event: VerifyEvent): MessageInitShape<typeof WatchVerifyResponseSchema> {
  if (event.type === 'damaged') {
    const { blocks, ...finding } = event.finding
    return { event: { case: 'damaged', value: { ...finding, blocks: [...blocks] } } }
  }
  const value = verifyToWire(event.state)
  return { event: event.type === 'progress' ? { case: 'progress', value } : { case: 'done', value } }
}
