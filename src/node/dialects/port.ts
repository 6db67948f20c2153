import { OpenContents } from '../../api/gateway/open-contents.ts'
import type { ContentPort, KeyValuePort } from '../../api/node-port.ts'
import type { Clock } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { wordsOf } from '../../base/words.ts'
import { blockCount } from '../../content/layout.ts'
import type { DialectFile, DialectPort } from '../../dialects/dialect.ts'
import type { CompoundLocator, SearchEvent } from '../../discovery/compound.ts'
import { fanIn } from '../../discovery/fan-in.ts'
import type { SearchQuery } from '../../discovery/locator.ts'
import type { OpenShares } from './open-shares.ts'

export interface DialectPortSetup {
  readonly peerId: string
  readonly shares: OpenShares
  readonly catalogue: { bySha256(sha256: string): readonly { readonly cid: string }[] }
  readonly locators: Pick<CompoundLocator, 'search' | 'enabled'>
  readonly content: ContentPort
  readonly kv: KeyValuePort
  /** Whether clients find and get what other nodes share. */
  readonly network: boolean
  readonly clock: Clock
}

/** A search for a client waits so long for other nodes, ms: its own patience is a few seconds. */
const SEARCH_MS = 4000
const SEARCH_LIMIT = 100
/** Longest file name, bytes. */
const MAX_NAME_BYTES = 255

/** The node as dialects know it. All that goes out to their clients passes here. */
export class NodeDialectPort implements DialectPort {
  readonly peerId: string
  readonly values: DialectPort['values']
  readonly #setup: DialectPortSetup
  readonly #contents: OpenContents

  constructor(setup: DialectPortSetup) {
    const { kv, clock } = setup
    this.peerId = setup.peerId
    this.#setup = setup
    this.#contents = new OpenContents({ port: this.#fenced(), clock })
    this.values = {
      async put(key, value, signal) {
        await kv.put(key, value, { signal })
      },
      async get(key, signal) {
        try {
          return (await kv.get(key, { signal })).value
        } catch (error) {
          if (isMissing(error)) return undefined
          throw error
        }
      },
    }
  }

  shared({
    limit,
    maxBytes = Number.POSITIVE_INFINITY,
  }: {
    limit: number
    maxBytes?: number
  }): DialectFile[] {
    const files: DialectFile[] = []
    for (const file of this.#setup.shares.list()) {
      if (files.length >= limit) break
      if (file.sizeBytes <= maxBytes) files.push(file)
    }
    return files
  }

  async *find(
    { name, sha256: given, here }: { name?: string; sha256?: string; here?: boolean },
    signal: AbortSignal,
  ): AsyncGenerator<DialectFile, void, undefined> {
    const sha256 = given !== undefined && /^[0-9a-f]{64}$/i.test(given) ? given.toLowerCase() : undefined
    const isName = name !== undefined && name !== '' && Buffer.byteLength(name) <= MAX_NAME_BYTES
    const wanted = { name: isName ? name : undefined, sha256 }
    const seen = new Set<string>()
    for (const file of this.#here(wanted)) {
      if (seen.has(file.cid)) continue
      seen.add(file.cid)
      yield file
    }
    if (here || !this.#setup.network) return
    for await (const file of this.#elsewhere(wanted, signal)) {
      // What is here and not open to dialects is not open by way of others.
      if (seen.has(file.cid) || this.#setup.shares.isHere(file.cid)) continue
      seen.add(file.cid)
      yield file
    }
  }

  async *read({ cid }: DialectFile, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    using lease = await this.#contents.lease(cid, { signal })
    if (lease.kind !== 'file') throw new ShoalError('NOT_FOUND', 'This is a folder.')
    const { file } = lease
    const { sizeBytes } = file.layout
    file.hint({ offset: 0, length: sizeBytes }, signal)
    for (let index = 0; index < blockCount(file.layout); index++) yield await file.readBlock(index, signal)
  }

  close(): void {
    this.#contents.close()
  }

  *#here({ name, sha256 }: Wanted): Generator<DialectFile, void, undefined> {
    const { shares, catalogue } = this.#setup
    if (name !== undefined) yield* shares.named(name)
    for (const { cid } of sha256 === undefined ? [] : catalogue.bySha256(sha256)) {
      const file = shares.byCid(cid)
      if (file) yield file
    }
  }

  async *#elsewhere(
    { name, sha256 }: Wanted,
    signal: AbortSignal,
  ): AsyncGenerator<DialectFile, void, undefined> {
    const { locators } = this.#setup
    const via = locators.enabled
    if (via.length === 0) return
    const queries: SearchQuery[] = [
      ...(name !== undefined && wordsOf(name).length > 0 ? [{ words: name, limit: SEARCH_LIMIT }] : []),
      ...(sha256 !== undefined ? [{ sha256, limit: SEARCH_LIMIT }] : []),
    ]
    const sources = new Map<number, (given: AbortSignal) => AsyncIterable<SearchEvent>>(
      queries.map((query, at) => [
        at,
        (given) => locators.search(query, { via, signal: given, timeoutMs: SEARCH_MS }),
      ]),
    )
    for await (const event of fanIn(sources, signal)) {
      if (event.type !== 'item' || event.item.type !== 'hit') continue
      const { entry, otherNames = [] } = event.item
      const isNamed = name !== undefined && (entry.name === name || otherNames.includes(name))
      if (entry.kind !== 'file' || (!isNamed && (sha256 === undefined || entry.sha256 !== sha256))) continue
      yield {
        ...{ cid: entry.cid, name: isNamed ? name : entry.name },
        ...{ sha256: entry.sha256, sizeBytes: entry.sizeBytes, isHere: false },
      }
    }
  }

  /** The node's content without what is not open to dialects. */
  #fenced(): ContentPort {
    const { content, shares, network } = this.#setup
    const isFenced = (cid: string) => shares.isHere(cid) && !shares.byCid(cid)
    const missing = (cid: string) => new ShoalError('NOT_FOUND', `There is no ${cid} here.`)
    return {
      async open(cid, options) {
        if (isFenced(cid)) throw missing(cid)
        const opened = await content.open(cid, { ...options, onlyLocal: options.onlyLocal || !network })
        if (opened.kind === 'part' && isFenced(opened.of)) throw missing(cid)
        return opened
      },
    }
  }
}

interface Wanted {
  readonly name: string | undefined
  readonly sha256: string | undefined
}

const isMissing = (error: unknown) => error instanceof ShoalError && error.code === 'NOT_FOUND'
