import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { transaction } from '../storage/database.ts'
import { toStorageError } from '../storage/sqlite-error.ts'
import { EntryReader } from './entry-reader.ts'
import { EntryWriter } from './entry-writer.ts'
import { GarbageCollector } from './garbage-collector.ts'
import { PeerStore } from './peer-store.ts'
import type {
  ReaderCalls,
  ThreadData,
  ThreadRequest,
  ThreadResponse,
  WriterCalls,
} from './thread-protocol.ts'

/**
 * A thread that owns one connection to the index database: the one that writes, or one of those that search. SQLite works
 * synchronously; here it holds nobody up but those who wait for it.
 */
const { path, role } = workerData as ThreadData

function writerCalls(): WriterCalls {
  const db = new DatabaseSync(path, { timeout: 5000 })
  // CIDs are random, so a batch touches pages all over the indexes. 64 MiB of cache and a journal of as much keep pages in memory that are
  // touched again and again, and write them home once instead of with every batch.
  db.exec(
    `PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 16384;
     PRAGMA temp_store = MEMORY`,
  )
  const peers = new PeerStore(db)
  const entries = new EntryWriter(db)
  const collector = new GarbageCollector(entries)
  return {
    peers: () => peers.all(),
    addPeer: (peerId) => peers.add(peerId),
    savePeers: (updates) => peers.save(updates),
    dropPeers: (ids) => peers.drop(ids),
    newShelf: () => transaction(db, () => peers.newShelf()),
    showShelf: (peer, shelf, revision) => peers.show(peer, shelf, revision),
    garbage: () => peers.garbage(),
    put: (request) => entries.put(request),
    remove: (request) => entries.remove(request),
    collect: (shelves) => collector.add(shelves),
    backlog: () => collector.backlog,
    close() {
      collector.stop()
      db.close()
    },
  }
}

function readerCalls(): ReaderCalls {
  const db = new DatabaseSync(path, { readOnly: true, timeout: 5000 })
  // The pages are mapped, so that several searching threads and the writer share one copy of them.
  db.exec('PRAGMA mmap_size = 1073741824; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY')
  const reader = new EntryReader(db)
  return {
    setLive: (add, remove) => reader.setLive(add, remove),
    find: (request) => reader.find(request),
    holders: (cid, limit, seed) => reader.holders(cid, limit, seed),
    close: () => db.close(),
  }
}

const port = parentPort!
const calls = (role === 'writer' ? writerCalls() : readerCalls()) as unknown as Record<
  string,
  (...args: unknown[]) => unknown
>

port.on('message', ({ id, call, args }: ThreadRequest) => {
  let response: ThreadResponse
  try {
    response = { id, value: calls[call]!(...args) }
  } catch (error) {
    const { code, message } = toStorageError(error, path)
    response = { id, error: { code, message } }
  }
  port.postMessage(response)
  if (call === 'close') port.close()
})
