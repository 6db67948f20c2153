import { formatBytes, formatDuration } from '../../base/units.ts'
import type { HolderJson, KeptJson, KeptReplicaJson, ReplicaJson } from '../client/replica-rest.ts'
import type { Column } from '../output/table.ts'

const HOLDER_STATES: Readonly<Record<HolderJson['state'], string>> = {
  fetching: 'fetches it',
  kept: 'keeps it',
  leaving: 'is leaving',
  lost: 'lost it',
}

/** `holiday.zip: 2 of 3 copies until 2026-12-24`, and for whom when it is not one's own. */
export function headOf({ name, cid, live, wanted, expiresMs, state, role, owner, ownerName }: ReplicaJson) {
  const whose = role === 'holder' ? `, for ${ownerName || owner}` : ''
  const until = state === 'ended' ? ', ended' : ` until ${dayOf(expiresMs)}`
  return `${name || cid}: ${copiesOf(live, wanted)}${until}${whose}  ${cid}`
}

export const copiesOf = (live: number, wanted: number): string =>
  `${live} of ${wanted === 1 ? '1 copy' : `${wanted} copies`}`

/** Who keeps a copy, as a table. @param nowMs ms since the Unix epoch */
export const holderColumns = (nowMs: number, sizeBytes: number): Column<HolderJson>[] => [
  { title: '', value: () => '' },
  { title: 'PEER', value: ({ name, peerId }) => name || peerId, shrinkTo: 12 },
  { title: 'STATE', value: (holder) => holderState(holder, sizeBytes) },
  {
    title: 'LEASE UNTIL',
    value: ({ leaseExpiresMs }) => (leaseExpiresMs === undefined ? '-' : dayOf(leaseExpiresMs)),
  },
  { title: 'PROVED', value: ({ provedMs }) => ago(nowMs, provedMs) },
  { title: 'SEEN', value: ({ lastSeenMs }) => ago(nowMs, lastSeenMs) },
  { title: 'ZONE', value: ({ zone }) => zone ?? '-' },
]

export function holderState({ state, doneBytes }: HolderJson, sizeBytes: number): string {
  if (state !== 'fetching' || doneBytes === undefined || sizeBytes === 0) return HOLDER_STATES[state]
  return `fetches it, ${Math.floor((100 * Math.min(doneBytes, sizeBytes)) / sizeBytes)} %`
}

/** What one holder now does, for who waits for it. */
export function holderNews({ name, peerId, state, leaseExpiresMs }: HolderJson): string {
  const until = state === 'kept' && leaseExpiresMs !== undefined ? ` until ${dayOf(leaseExpiresMs)}` : ''
  return `${name || peerId}: ${HOLDER_STATES[state]}${until}`
}

/** How far an order is, in one line: `1 of 3 copies; ada 45 %, ben 3 %`. */
export function orderLine({ live, wanted, holders, sizeBytes }: ReplicaJson): string {
  const fetching = holders
    .filter(({ state }) => state === 'fetching')
    .map(({ name, peerId, doneBytes = 0 }) => {
      const share = sizeBytes === 0 ? 0 : Math.floor((100 * Math.min(doneBytes, sizeBytes)) / sizeBytes)
      return `${name || peerId} ${share} %`
    })
  return `${copiesOf(live, wanted)}; ${fetching.length > 0 ? fetching.join(', ') : 'asks who keeps one …'}`
}

/** What is kept for others, as a table. */
export const keptColumns: Column<KeptReplicaJson>[] = [
  { title: 'STATE', value: ({ state, pinned }) => (pinned ? `${state}, pinned` : state) },
  { title: 'SIZE', value: ({ sizeBytes }) => formatBytes(sizeBytes), align: 'right' },
  {
    title: 'LEASE UNTIL',
    value: ({ leaseExpiresMs }) => (leaseExpiresMs === undefined ? '-' : dayOf(leaseExpiresMs)),
  },
  { title: 'FOR', value: ({ ownerName, owner }) => ownerName || owner || '-', shrinkTo: 12 },
  { title: 'CID', value: ({ cid }) => cid },
  { title: 'NAME', value: ({ name }) => name, shrinkTo: 20 },
]

/** `Keeps copies for trusted peers: 3 of 1000, 1.00 GiB of 10.0 GiB.` */
export function quotaText({ keepsFor, files, maxFiles, sizeBytes, maxBytes }: KeptJson): string {
  const used = `${files} of ${maxFiles} copies, ${formatBytes(sizeBytes)} of ${formatBytes(maxBytes)}`
  if (keepsFor === 'nobody') return `Keeps copies for nobody${files > 0 ? ` any more: ${used}` : ''}.`
  return `Keeps copies for ${keepsFor === 'trusted' ? 'trusted peers' : 'everybody'}: ${used}.`
}

/** The day in UTC: the hour of a lease is of no use to people. */
export const dayOf = (ms: number): string =>
  Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString().slice(0, 10) : '?'

const ago = (nowMs: number, ms: number | undefined): string =>
  ms === undefined ? '-' : `${formatDuration(Math.max(0, nowMs - ms))} ago`
