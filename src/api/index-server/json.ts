import type { SharedEntry } from '../../content/entry.ts'
import type { IndexHit, IndexPeer } from '../../index/registry-types.ts'
import { entryJson } from '../json.ts'
import type { EntryBody } from './schemas.ts'

/** A hit: the entry with those who have it. */
export function hitJson({ entry, providers }: IndexHit) {
  return { ...entryJson(entry), modifiedMs: entry.modifiedMs, providers }
}

/** A peer that is online. */
export function peerJson({ peer, lastSeenMs, entries }: IndexPeer) {
  return { ...peer, lastSeenMs, entries }
}

/** A page: `items` under their name, and the cursor when there is more. */
export function pageJson<Name extends string, T>(name: Name, items: readonly T[], cursor: string) {
  return { [name]: items, ...(cursor && { cursor }) }
}

/** An entry as sent; what is wrong with it the registry finds. */
export function entryOfBody({ size, sha256, modifiedMs = 0, ...rest }: EntryBody): SharedEntry {
  return { ...rest, sha256, sizeBytes: size, modifiedMs }
}
