import { DOWNLOAD_STATES, type DownloadView, type PeerRow } from '../node-port.ts'
import { type PageOptions, pageOf, wordsOf } from './paging.ts'

/** What REST and gRPC take for a list; undefined: no matter. */
interface ListRequest extends PageOptions {
  /** Unchecked. */
  readonly states?: readonly string[] | undefined
}

export interface PeersRequest extends ListRequest {
  readonly neighbour?: boolean | undefined
}

const PEER_STATES = ['alive', 'suspect', 'dead', 'left', 'known'] as const

/** The downloads that are asked for, the newest first. @throws INVALID_ARGUMENT for a state or cursor that is none */
export function listedDownloads(
  all: readonly DownloadView[],
  { states, ...page }: ListRequest,
): { downloads: DownloadView[]; cursor?: string | undefined } {
  const wanted = states && wordsOf('state', states, DOWNLOAD_STATES)
  const found = wanted ? all.filter(({ state }) => wanted.includes(state)) : all
  const { rows, cursor } = pageOf(found, ({ createdMs, id }) => ({ atMs: createdMs, id }), page)
  return { downloads: rows, ...(cursor && { cursor }) }
}

/** The peers that are asked for, the one seen last first. @throws INVALID_ARGUMENT for a state or cursor that is none */
export function listedPeers(
  all: readonly PeerRow[],
  { states, neighbour, ...page }: PeersRequest,
): { peers: PeerRow[]; cursor?: string | undefined } {
  const wanted = states && wordsOf('state', states, PEER_STATES)
  const found = all
    .filter(({ state }) => !wanted || wanted.includes(state))
    .filter((peer) => neighbour === undefined || peer.neighbour === neighbour)
  const { rows, cursor } = pageOf(found, ({ lastSeenMs, peerId }) => ({ atMs: lastSeenMs, id: peerId }), page)
  return { peers: rows, ...(cursor && { cursor }) }
}
