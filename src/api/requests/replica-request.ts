import { ShoalError } from '../../base/errors.ts'
import { isPeerId } from '../../link/peer-id.ts'
import { type PushOptions, type PushTarget, REPLICA_BOUNDS, type ReplicaView } from '../views/replica-view.ts'
import { absolutePath } from './absolute-path.ts'
import { type PageOptions, pageOf, wordsOf } from './paging.ts'
import { parseLink } from './target.ts'

/** What REST and gRPC take, unchecked but for its types. */
export interface PushInput {
  /** CID or link with one. */
  readonly cid?: string | undefined
  readonly path?: string | undefined
  readonly replicas: number
  readonly peers?: readonly string[] | undefined
  readonly days?: number | undefined
  readonly zoneFirst?: boolean | undefined
}

export interface PushRequest {
  readonly target: PushTarget
  readonly options: Omit<PushOptions, 'signal'>
}

/**
 * An order of copies; a peer that is named twice is asked once.
 *
 * @throws INVALID_ARGUMENT, INVALID_CID
 */
export function pushRequest({ cid, path, replicas, peers = [], days, zoneFirst }: PushInput): PushRequest {
  const { maxReplicas, maxDays, maxPeers } = REPLICA_BOUNDS
  within('replicas', replicas, maxReplicas)
  if (days !== undefined) within('days', days, maxDays)
  if (peers.length > maxPeers) throw invalid(`peers: at most ${maxPeers}.`)
  const wrong = peers.find((peer): boolean => !isPeerId(peer))
  if (wrong !== undefined) throw invalid(`peers: ${wrong.slice(0, 80)} is no PeerId.`)
  return {
    target: pushTarget(cid, path),
    options: { replicas, peers: [...new Set(peers)], days, zoneFirst },
  }
}

export const REPLICA_ROLES = ['owner', 'holder'] as const

/** Rows that are asked for, the newest first. @throws INVALID_ARGUMENT for a role or cursor that is none */
export function listedReplicas(
  all: readonly ReplicaView[],
  { role, ...page }: PageOptions & { readonly role?: string | undefined },
): { replicas: ReplicaView[]; cursor?: string | undefined } {
  const keyOf = ({ createdMs, owner, cid }: ReplicaView) => ({ atMs: createdMs, id: `${owner} ${cid}` })
  const [wanted] = role === undefined ? [] : wordsOf('role', [role], REPLICA_ROLES)
  const found = wanted ? all.filter((view) => view.role === wanted) : all
  const { rows, cursor } = pageOf(found, keyOf, page)
  return { replicas: rows, ...(cursor && { cursor }) }
}

/** @throws NOT_FOUND when there are none */
export function replicasOf(views: readonly ReplicaView[]): readonly ReplicaView[] {
  if (views.length > 0) return views
  throw new ShoalError('NOT_FOUND', 'No copies of this are ordered here, or kept for somebody.')
}

function pushTarget(cid: string | undefined, path: string | undefined): PushTarget {
  if (cid !== undefined && path === undefined) return { cid: parseLink(cid).cid }
  if (path !== undefined && cid === undefined) return { path: absolutePath('path', path) }
  throw invalid('Give one of cid and path.')
}

function within(field: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 1 || value > most)
    throw invalid(`${field}: must be a whole number from 1 to ${most}.`)
}

const invalid = (text: string) => new ShoalError('INVALID_ARGUMENT', text)
