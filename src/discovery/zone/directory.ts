import type { SharedEntry } from '../../content/entry.ts'
import type { QueryShape } from '../../content/entry-wire.ts'
import { compileQuery } from '../../content/match.ts'
import { inZone } from '../membership/point.ts'
import { fairOrder } from './fair.ts'
import { bucketPoint, isPrefixKey } from './keys.ts'
import { Page } from './page.ts'

/** What became of a page. */
export type Taken = 'new' | 'known' | 'publisher full' | 'directory full'

/** One entry with the PeerIds of those who share it. */
export interface DirectoryHit {
  readonly entry: SharedEntry
  readonly peerIds: Set<string>
}

/** How much is kept. */
export interface DirectoryLimits {
  readonly publisherPostings: number
  readonly totalPostings: number
  readonly keyPostings: number
}

const MAX_PROVIDERS = 200
const GROUPS = 64

/**
 * The pages that a member of a zone has, by their ids and by their keys. Costs a slot in a map for each: thousands of
 * directories in one process share the pages.
 */
export class Directory {
  readonly #limits: DirectoryLimits
  #pages = new Map<string, Page>()
  /** Other directories have the same map. */
  #isShared = false
  /** Pages of each key; not made before somebody searches: most members of a big network are never asked. */
  #index: Map<string, Page | Page[]> | undefined
  /** Postings of each publisher; not counted before anybody can have too many. */
  #postingsOf: Map<string, number> | undefined
  readonly #sums = new Uint32Array(2 * GROUPS)
  #label = 1
  #postings = 0

  constructor(limits: DirectoryLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#pages.size
  }

  get postings(): number {
    return this.#postings
  }

  get(id: string): Page | undefined {
    return this.#pages.get(id)
  }

  pages(): Iterable<Page> {
    return this.#pages.values()
  }

  publishers(): Set<string> {
    const publishers = new Set<string>()
    for (const { peerId } of this.#pages.values()) publishers.add(peerId)
    return publishers
  }

  /** Begins with what another directory has. Both have it in common until they change: thousands of them in one process need less room. */
  beginLike(other: Directory): void {
    this.#pages = other.#pages
    this.#isShared = true
    other.#isShared = true
    this.#index = undefined
    this.#postingsOf = undefined
    this.#postings = other.#postings
    this.#label = other.#label
    this.#sums.set(other.#sums)
  }

  /** Takes a page unless it has the same or a newer version, or there is no room. */
  put(page: Page): Taken {
    const before = this.#pages.get(page.id)
    if (before && before.version >= page.version) return 'known'
    const change = weight(page) - (before ? weight(before) : 0)
    if (change > 0) {
      if (this.#postings + change > this.#limits.totalPostings) return 'directory full'
      if (this.#postings + change > this.#limits.publisherPostings) {
        const used = this.#counted().get(page.peerId) ?? 0
        if (used + change > this.#limits.publisherPostings) return 'publisher full'
      }
    }
    this.#unshare()
    if (before) this.#unindex(before)
    this.#pages.set(page.id, page)
    if (this.#index) addKeys(this.#index, page)
    this.#count(page, 1)
    const of = this.#postingsOf
    of?.set(page.peerId, (of.get(page.peerId) ?? 0) + change)
    this.#postings += change
    return 'new'
  }

  /** Drops all pages for which `isGone` says so; returns how many. */
  drop(isGone: (page: Page) => boolean): number {
    let dropped = 0
    for (const page of this.#pages.values()) {
      if (!isGone(page)) continue
      this.#unshare()
      this.#unindex(page)
      this.#pages.delete(page.id)
      this.#postings -= weight(page)
      dropped++
    }
    if (dropped > 0) this.#postingsOf = undefined
    return dropped
  }

  /** The zone whose pages the sums are of. */
  rezone(label: number): void {
    this.#label = label
    this.#sums.fill(0)
    for (const page of this.#pages.values()) this.#count(page, 1)
  }

  /** For each of 64 groups the sum, modulo 2^64, of the hashes of the heads of the zone's pages. */
  sums(): bigint[] {
    return Array.from({ length: GROUPS }, (_, group) => this.#sum(this.#sums, group))
  }

  /** The same of another zone; looks at every page. */
  sumsOf(label: number): bigint[] {
    if (label === this.#label) return this.sums()
    const sums = new Uint32Array(2 * GROUPS)
    for (const page of this.#pages.values()) if (isOf(page, label)) add(sums, page, 1)
    return Array.from({ length: GROUPS }, (_, group) => this.#sum(sums, group))
  }

  /** Pages of some groups that lie in the zone. */
  *inGroups(groups: ReadonlySet<number>, label: number): Generator<Page> {
    for (const page of this.#pages.values()) if (groups.has(page.group) && isOf(page, label)) yield page
  }

  /**
   * Entries under `key` that match, each CID once with all who share it, beginning anywhere: `turn` in [0, 1) says where. `total`: all
   * entries under the key of those not hidden; `keyPostings` or more when there are too many to look through.
   */
  search(
    key: string,
    query: QueryShape,
    { isHidden, turn }: { isHidden: (page: Page) => boolean; turn: number },
  ): { hits: DirectoryHit[]; total: number } {
    const matches = compileQuery(query)
    const found = new Map<string, DirectoryHit>()
    const isPrefix = isPrefixKey(key)
    const under = this.#under(key)
    const fair = fairOrder(under, this.#limits.keyPostings)
    const pages = fair.filter((page) => !isHidden(page))
    const start = Math.floor(turn * pages.length)
    let total = 0
    for (let i = 0; i < pages.length && total < this.#limits.keyPostings; i++) {
      const page = pages[(start + i) % pages.length]!
      for (const [at, posting] of page.postings.entries()) {
        if (!isPrefix && !Page.hasKey(posting, key)) continue
        total++
        const { entry } = posting
        const hit = found.get(entry.cid)
        if (hit ? hit.peerIds.size >= MAX_PROVIDERS : found.size >= query.limit) continue
        if (!matches(entry, page.text(at))) continue
        if (hit) hit.peerIds.add(page.peerId)
        else found.set(entry.cid, { entry, peerIds: new Set([page.peerId]) })
      }
    }
    if (fair.length < under.length) total = Math.max(total, this.#limits.keyPostings)
    return { hits: [...found.values()], total }
  }

  /** Pages under the key; a prefix looks through all words. */
  #under(key: string): Page[] {
    const index = this.#indexed()
    if (!isPrefixKey(key)) {
      const there = index.get(key)
      if (!there) return []
      return Array.isArray(there) ? there : [there]
    }
    const prefix = key.slice(0, -1)
    const pages = new Set<Page>()
    for (const [word, there] of index) {
      if (!word.startsWith(prefix)) continue
      if (Array.isArray(there)) for (const page of there) pages.add(page)
      else pages.add(there)
    }
    return [...pages]
  }

  #unshare(): void {
    if (!this.#isShared) return
    this.#pages = new Map(this.#pages)
    this.#isShared = false
  }

  #unindex(page: Page): void {
    this.#count(page, -1)
    const index = this.#index
    if (!index) return
    for (const key of page.keys) {
      const there = index.get(key)
      if (!Array.isArray(there)) {
        index.delete(key)
        continue
      }
      const at = there.indexOf(page)
      if (at >= 0) {
        there[at] = there.at(-1)!
        there.pop()
      }
      if (there.length === 1) index.set(key, there[0]!)
    }
  }

  #indexed(): Map<string, Page | Page[]> {
    if (this.#index) return this.#index
    this.#index = new Map()
    for (const page of this.#pages.values()) addKeys(this.#index, page)
    return this.#index
  }

  #counted(): Map<string, number> {
    if (this.#postingsOf) return this.#postingsOf
    this.#postingsOf = new Map()
    for (const page of this.#pages.values())
      this.#postingsOf.set(page.peerId, (this.#postingsOf.get(page.peerId) ?? 0) + weight(page))
    return this.#postingsOf
  }

  #count(page: Page, sign: 1 | -1): void {
    if (isOf(page, this.#label)) add(this.#sums, page, sign)
  }

  #sum(sums: Uint32Array, group: number): bigint {
    return (BigInt(sums[2 * group]!) << 32n) | BigInt(sums[2 * group + 1]!)
  }
}

function addKeys(index: Map<string, Page | Page[]>, page: Page): void {
  for (const key of page.keys) {
    const there = index.get(key)
    if (!there) index.set(key, page)
    else if (Array.isArray(there)) there.push(page)
    else index.set(key, [there, page])
  }
}

/** A page without postings takes room, too. */
const weight = (page: Page) => Math.max(1, page.postings.length)

const isOf = ({ bucket }: Page, label: number) => inZone(bucketPoint(bucket), label)

/** Adds a page's hash to its group's sum or takes it off, in two halves: 64-bit numbers as bigints are slow and there are millions. */
function add(sums: Uint32Array, page: Page, sign: 1 | -1): void {
  const at = 2 * page.group
  const low = sums[at + 1]! + sign * (page.hashLow >>> 0)
  sums[at + 1] = low
  sums[at] = sums[at]! + sign * (page.hashHigh >>> 0) + Math.floor(low / 2 ** 32)
}
