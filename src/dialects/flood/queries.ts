import { BoundedQueue } from '../../base/queue.ts'
import { uuid } from '../../base/random.ts'
import { withDeadline } from '../../base/signals.ts'
import type { DialectContext, DialectFile, GuestFile, GuestQuery } from '../dialect.ts'
import { download } from '../rest/download.ts'
import { Recent } from '../rest/recent.ts'
import { callable, urlOf } from '../rest/values.ts'
import type { Network } from './network.ts'
import type { FloodOptions } from './options.ts'
import { answers, type Hit, hitKey, type Query, readWanted, type Wanted } from './wire.ts'

/** A query of this node's clients, and what it brought. */
export interface OwnQuery extends Wanted {
  readonly id: string
  /** Ms since the Unix epoch, as in its hits. */
  readonly at: number
  readonly hits: Map<string, Hit & { readonly at: number }>
}

/** What is looked for: by peers, by clients of this dialect, and by this node's own searches. */
export class Queries {
  readonly #context: DialectContext
  readonly #network: Network
  readonly #options: FloodOptions
  readonly #own: Recent<OwnQuery>
  readonly #seen: Recent<true>
  /** Files that others were told of, by name. */
  readonly #told: Recent<DialectFile>
  readonly #searches = new Map<string, { wanted: Wanted; hits: BoundedQueue<Hit> }>()

  constructor(context: DialectContext, network: Network, options: FloodOptions) {
    this.#context = context
    this.#network = network
    this.#options = options
    this.#own = new Recent(options.maxQueries)
    this.#told = new Recent(options.maxQueries)
    this.#seen = new Recent(options.maxSeen)
  }

  /** Oldest first. */
  own(): OwnQuery[] {
    return this.#own.values()
  }

  get(id: string): OwnQuery | undefined {
    return this.#own.get(id)
  }

  /** A peer's query: answered from here or passed on, but not twice, and left out when there is too much to do. */
  take(query: Query): void {
    if (this.#seen.has(query.id) || this.#network.isSelf(query.from)) return
    const isTaken = this.#network.work.run(async (signal) => {
      for await (const file of this.#context.node.find({ ...wantedOf(query), here: true }, signal)) {
        await this.#network.call(query.from, '/query_hit', { ...this.#tell(file), QID: query.id })
        return
      }
      if (query.ttl > 1) await this.#network.forward({ ...query, ttl: query.ttl - 1 })
    })
    if (isTaken) this.#seen.set(query.id, true)
  }

  /** A client's query: what is here is found when this is over, the rest later. Returns its id. */
  async init(wanted: Wanted): Promise<string> {
    const own: OwnQuery = { ...wanted, id: uuid(this.#context.random), at: this.#now(), hits: new Map() }
    this.#own.set(own.id, own)
    await this.#gather(own, { here: true })
    this.#network.work.run(() => Promise.all([this.#gather(own, { here: false }), this.#ask(own.id, wanted)]))
    return own.id
  }

  /** Somebody says that he has what was looked for. */
  hit(id: string, hit: Hit): void {
    const own = this.#own.get(id)
    if (own && answers(hit, own)) this.#note(own, hit)
    const search = this.#searches.get(id)
    if (search && answers(hit, search.wanted) && !this.#network.isSelf(hit)) search.hits.tryPush(hit)
  }

  /** Asks the peers for files; ends with the signal, or after `findMs`. */
  async *search(query: GuestQuery, signal: AbortSignal): AsyncGenerator<GuestFile> {
    const wanted = readWanted({ filename: query.words?.trim(), filehash: query.sha256 })
    if (!wanted || signal.aborted || this.#network.peers.in('active').length === 0) return
    const id = uuid(this.#context.random)
    const hits = new BoundedQueue<Hit>(this.#options.maxHits)
    const close = () => hits.close()
    const timer = this.#context.clock.schedule(close, this.#options.findMs)
    signal.addEventListener('abort', close, { once: true })
    this.#searches.set(id, { wanted, hits })
    try {
      this.#network.work.run(() => this.#ask(id, wanted))
      const told = new Set<string>()
      for await (const hit of hits) if (told.size < told.add(hitKey(hit)).size) yield this.#guest(hit)
    } finally {
      this.#searches.delete(id)
      signal.removeEventListener('abort', close)
      timer.cancel()
    }
  }

  /** Files of this name: the one that others were told of, then those that are here. */
  async *named(name: string, signal: AbortSignal): AsyncGenerator<DialectFile> {
    const told = this.#told.get(name)
    if (told) yield told
    for await (const file of this.#context.node.find({ name, here: true }, signal))
      if (file.cid !== told?.cid && file.name === name) yield file
  }

  async #ask(id: string, wanted: Wanted): Promise<void> {
    this.#seen.set(id, true)
    await this.#network.forward({ ...wanted, id, from: this.#network.self, ttl: this.#options.maxTtl })
  }

  async #gather(own: OwnQuery, { here }: { here: boolean }): Promise<void> {
    const { clock, node, log } = this.#context
    using life = withDeadline(clock, this.#options.findMs, this.#network.work.signal)
    try {
      for await (const file of node.find({ ...wantedOf(own), here }, life.signal)) {
        this.#note(own, this.#tell(file))
        if (own.hits.size >= this.#options.maxHits) return
      }
    } catch (error) {
      log.debug({ err: error }, 'flood: the search did not come to its end')
    }
  }

  #note({ hits }: OwnQuery, hit: Hit): void {
    if (hits.size < this.#options.maxHits && !hits.has(hitKey(hit)))
      hits.set(hitKey(hit), { ...hit, at: this.#now() })
  }

  /** Says that this node has the file; from then on it can be fetched here by its name. */
  #tell(file: DialectFile): Hit {
    this.#told.set(file.name, file)
    return { filename: file.name, filehash: file.sha256 ?? '', ...this.#network.self }
  }

  #guest({ filename: name, filehash, host, port }: Hit): GuestFile {
    const { calls } = this.#context
    const { maxFetchBytes: maxBytes, callTimeoutMs: idleMs } = this.#options
    const holder = `${host}:${port}`
    const url = `${urlOf({ host, port })}/download/${encodeURIComponent(name)}`
    const fetch = (signal: AbortSignal) => download(url, { calls, signal, maxBytes, idleMs })
    const file = { dialect: 'flood', owner: holder, name, holder, maxBytes } as const
    return { ...file, ...(filehash && { sha256: filehash }), ...(calls.mayCall(callable(host)) && { fetch }) }
  }

  #now = () => this.#context.clock.now()
}

const wantedOf = ({ name, sha256 }: Wanted): Wanted => ({ ...(name && { name }), ...(sha256 && { sha256 }) })
