import type { KadDHTComponents } from '@libp2p/kad-dht'
import type { Clock } from '../../base/clock.ts'
import { varint } from './message.ts'
import { RECORD_VALIDITY_MS } from './options.ts'

type Datastore = KadDHTComponents['datastore']
type Key = Parameters<Datastore['get']>[0]

/** How much a node keeps for others. */
export interface RecordLimits {
  /** Records in all; more are not taken. */
  readonly total: number
  /** Records of one provider; more are not taken. */
  readonly perProvider: number
  /** Providers under one key; one more drives out the one that was told of longest ago. */
  readonly perKey: number
}

/** 500,000 records take some 100 MB. An answer with 256 providers is some 50 KB. */
export const DEFAULT_RECORD_LIMITS: RecordLimits = { total: 500_000, perProvider: 60_000, perKey: 256 }

/** Where kad-dht keeps provider records: `PREFIX/KEY/PEERID`. */
const PREFIX = '/dht/provider/'
/** Full stores look for what has expired no more often than this. */
const SWEEP_EVERY_MS = 60_000

/**
 * The provider records that this node keeps, in memory, in the form of the datastore that kad-dht asks for. The usual one would go through
 * all records for each question, forget none before its time is up, and take any number of them; this one finds those of a key
 * at once and has limits. Values (PUT_VALUE) are not kept: Shoal has no use for them.
 */
export class RecordStore {
  readonly #clock: Clock
  readonly #limits: RecordLimits
  /** For each key when each provider told of itself last, oldest first. */
  readonly #keys = new Map<string, Map<string, number>>()
  readonly #counts = new Map<string, number>()
  #total = 0
  #sweptMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, limits: RecordLimits = DEFAULT_RECORD_LIMITS) {
    this.#clock = clock
    this.#limits = limits
  }

  get size(): number {
    return this.#total
  }

  /** Notes that `peerId` provides `key` (base32 of its multihash). False when there is no room. */
  add(key: string, peerId: string): boolean {
    const now = this.#clock.monotonic()
    const known = this.#keys.get(key)
    if (known?.delete(peerId)) {
      known.set(peerId, now)
      return true
    }
    if ((this.#counts.get(peerId) ?? 0) >= this.#limits.perProvider) return false
    if (this.#total >= this.#limits.total) this.#sweep(now)
    if (this.#total >= this.#limits.total) return false
    const providers = this.#keys.get(key) ?? new Map<string, number>()
    this.#keys.set(key, providers.set(peerId, now))
    this.#counts.set(peerId, (this.#counts.get(peerId) ?? 0) + 1)
    this.#total++
    const [oldest] = providers.keys()
    if (providers.size > this.#limits.perKey && oldest !== undefined) this.remove(key, oldest)
    return true
  }

  remove(key: string, peerId: string): void {
    const providers = this.#keys.get(key)
    if (!providers?.delete(peerId)) return
    if (providers.size === 0) this.#keys.delete(key)
    const left = (this.#counts.get(peerId) ?? 0) - 1
    if (left > 0) this.#counts.set(peerId, left)
    else this.#counts.delete(peerId)
    this.#total--
  }

  /** Who provides `key`, the latest first. */
  providers(key: string): string[] {
    const oldest = this.#clock.monotonic() - RECORD_VALIDITY_MS
    return [...(this.#keys.get(key) ?? [])]
      .filter(([, toldMs]) => toldMs >= oldest)
      .map(([peerId]) => peerId)
      .reverse()
  }

  #sweep(now: number): void {
    if (now - this.#sweptMs < SWEEP_EVERY_MS) return
    this.#sweptMs = now
    for (const [key, providers] of this.#keys)
      for (const [peerId, toldMs] of [...providers])
        if (toldMs < now - RECORD_VALIDITY_MS) this.remove(key, peerId)
  }

  /** This store as kad-dht sees it: what it asks of it, and no more. */
  asDatastore(): Datastore {
    const time = varint(Date.UTC(2024))
    const entry = (text: string) => ({ key: { toString: () => text } as Key, value: time })
    const store: Pick<Datastore, 'put' | 'get' | 'has' | 'delete' | 'query'> = {
      put: (key) => {
        const record = readKey(key.toString())
        if (record) this.add(record.key, record.peerId)
        return key
      },
      get: () => {
        throw new NotFound('Values are not kept.')
      },
      has: () => false,
      delete: (key) => {
        const record = readKey(key.toString())
        if (record) this.remove(record.key, record.peerId)
      },
      query: function* (this: RecordStore, { prefix }: { prefix?: string }) {
        const key = prefix?.startsWith(PREFIX) ? prefix.slice(PREFIX.length) : undefined
        if (key === undefined) return
        for (const peerId of this.providers(key)) yield entry(`${PREFIX}${key}/${peerId}`)
      }.bind(this),
    }
    return store as Datastore
  }
}

/** The error by which datastores say that there is nothing; known by its name. */
class NotFound extends Error {
  override readonly name = 'NotFoundError'
}

function readKey(text: string): { key: string; peerId: string } | undefined {
  const [key, peerId, ...rest] = text.startsWith(PREFIX) ? text.slice(PREFIX.length).split('/') : []
  return key && peerId && rest.length === 0 ? { key, peerId } : undefined
}
