import type { ErrorCode } from '../base/errors.ts'
import type { EntryReader } from './entry-reader.ts'
import type { EntryWriter } from './entry-writer.ts'
import type { PeerStore } from './peer-store.ts'

/** What a database thread is started with. */
export interface ThreadData {
  readonly path: string
  readonly role: 'writer' | 'reader'
}

/** Everything that the writing thread does. */
export interface WriterCalls {
  peers: PeerStore['all']
  addPeer: PeerStore['add']
  savePeers: PeerStore['save']
  dropPeers: PeerStore['drop']
  newShelf: PeerStore['newShelf']
  showShelf: PeerStore['show']
  garbage: PeerStore['garbage']
  put: EntryWriter['put']
  remove: EntryWriter['remove']
  /** Clears a shelf that nobody shows, when there is nothing else to do. */
  collect: (shelves: readonly number[]) => void
  /** Shelves that wait to be cleared. */
  backlog: () => number
  close: () => void
}

/** Everything that a searching thread does. */
export interface ReaderCalls {
  setLive: EntryReader['setLive']
  find: EntryReader['find']
  holders: EntryReader['holders']
  close: () => void
}

export interface ThreadRequest {
  readonly id: number
  readonly call: string
  readonly args: unknown[]
}

export type ThreadResponse =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { readonly code: ErrorCode; readonly message: string } }
