import type { EntryKey, SharedEntry } from '../../content/entry.ts'
import { pointOf } from '../membership/point.ts'
import { bucketOf, keysOf } from './keys.ts'
import type { Page, PageFields, PagePosting } from './page.ts'
import { MAX_POSTINGS } from './page-reader.ts'

const MAX_PAGE_BYTES = 700_000
const MAX_PARTS = 1 << 15

/** What an entry has in one bucket; undefined: nothing any more. */
type Edits = Map<string, PagePosting | undefined>

/**
 * What a node shares, as pages. A bucket has 1, 2, 4, … pages; an entry's hash says in which it is. A change makes new versions
 * of those pages only whose postings differ.
 */
export class OwnPages {
  readonly #sign: (fields: PageFields) => Page
  readonly #now: () => number
  readonly #buckets = new Map<number, Page[]>()

  /** @param now wall clock, ms: versions begin there, so that they grow over restarts */
  constructor(sign: (fields: PageFields) => Page, now: () => number) {
    this.#sign = sign
    this.#now = now
  }

  *all(): Generator<Page> {
    for (const pages of this.#buckets.values()) yield* pages
  }

  /** The present version of a page. */
  get(bucket: number, part: number): Page | undefined {
    return this.#buckets.get(bucket)?.[part]
  }

  /**
   * Takes entries out, then puts entries in; gives the pages that are new, one group after the other, so that the caller can let others
   * have their turn between. To be read to the end before the next change.
   */
  *change(added: readonly SharedEntry[], removed: readonly EntryKey[]): Generator<Page[]> {
    const edits = new Map<number, Edits>()
    for (const key of removed) {
      const entry = this.#find(key)
      if (entry) edit(edits, entry, false)
    }
    for (const entry of added) {
      const before = this.#find(entry)
      if (before && before.sha256 !== entry.sha256) edit(edits, before, false)
      edit(edits, entry, true)
      yield []
    }
    for (const [bucket, changed] of edits) yield this.#apply(bucket, changed)
  }

  /** Makes `entries` all that is shared; the same otherwise. */
  *replace(entries: Iterable<SharedEntry>): Generator<Page[]> {
    const edits = new Map<number, Edits>()
    for (const [bucket, pages] of this.#buckets) {
      const gone: Edits = new Map()
      for (const { postings } of pages) for (const { entry } of postings) gone.set(nameOf(entry), undefined)
      if (gone.size > 0) edits.set(bucket, gone)
    }
    for (const entry of entries) {
      edit(edits, entry, true)
      yield []
    }
    for (const [bucket, changed] of edits) yield this.#apply(bucket, changed)
  }

  /** The entry under its CID's key: what is withdrawn is named without its SHA-256. */
  #find(key: EntryKey): SharedEntry | undefined {
    const pages = this.#buckets.get(bucketOf(`c:${key.cid}`))
    const page = pages?.[partOf(nameOf(key), pages.length)]
    return page?.postings.find(({ entry }) => entry.cid === key.cid && entry.path === key.path)?.entry
  }

  #apply(bucket: number, edits: Edits): Page[] {
    const before = this.#buckets.get(bucket) ?? []
    const parts = Math.max(1, before.length)
    const touched = new Map<number, Map<string, PagePosting>>()
    for (const [name, posting] of edits) {
      const part = partOf(name, parts)
      let postings = touched.get(part)
      if (!postings) {
        postings = new Map(before[part]?.postings.map((one) => [nameOf(one.entry), one]))
        touched.set(part, postings)
      }
      if (posting) postings.set(name, posting)
      else postings.delete(name)
    }
    let count = parts
    if ([...touched.values()].some((postings) => isTooBig([...postings.values()]))) {
      const all = [...before.entries()].flatMap(([part, page]) =>
        touched.has(part) ? [] : page.postings.map((one) => [nameOf(one.entry), one] as const),
      )
      for (const postings of touched.values()) all.push(...postings)
      touched.clear()
      for (let isBig = true; isBig && count < MAX_PARTS; ) {
        count *= 2
        touched.clear()
        for (let part = 0; part < count; part++) touched.set(part, new Map())
        for (const [name, posting] of all) touched.get(partOf(name, count))!.set(name, posting)
        isBig = [...touched.values()].some((postings) => isTooBig([...postings.values()]))
      }
    }
    return this.#store(bucket, before, touched)
  }

  #store(bucket: number, before: Page[], touched: Map<number, Map<string, PagePosting>>): Page[] {
    const made: Page[] = []
    let pages = [...before]
    for (const [part, named] of touched) {
      const old = before[part]
      const postings = [...named.values()].slice(0, MAX_POSTINGS)
      if (old ? isSame(old.postings, postings) : postings.length === 0 && before.length > part) continue
      if (!old && postings.length === 0 && touched.size === 1) continue
      const version = Math.max(this.#now(), (old?.version ?? 0) + 1)
      const page = this.#sign({ bucket, part, version, postings })
      if (pages.length === 0 && part === 0) pages = [page]
      else pages[part] = page
      made.push(page)
    }
    if (pages.length > 0) this.#buckets.set(bucket, pages)
    return made
  }
}

const nameOf = ({ cid, path }: EntryKey) => `${cid}\0${path}`

const partOf = (name: string, parts: number) => (parts === 1 ? 0 : pointOf(name) & (parts - 1))

function isTooBig(postings: readonly PagePosting[]): boolean {
  if (postings.length > MAX_POSTINGS) return true
  let bytes = 0
  for (const { entry } of postings) bytes += 160 + 4 * entry.path.length + 2 * entry.name.length
  return bytes > MAX_PAGE_BYTES && postings.length > 1
}

function edit(edits: Map<number, Edits>, entry: SharedEntry, isThere: boolean): void {
  const name = nameOf(entry)
  const own = new Map<number, { words: string[]; bySha256: boolean; byCid: boolean }>()
  for (const key of keysOf(entry)) {
    const bucket = bucketOf(key)
    let has = own.get(bucket)
    if (!has) {
      has = { words: [], bySha256: false, byCid: false }
      own.set(bucket, has)
    }
    if (key.startsWith('w:')) has.words.push(key.slice(2))
    else if (key.startsWith('s:')) has.bySha256 = true
    else has.byCid = true
  }
  for (const [bucket, has] of own) {
    let changed = edits.get(bucket)
    if (!changed) {
      changed = new Map()
      edits.set(bucket, changed)
    }
    // A list that has grown has room to spare, and there are very many.
    changed.set(name, isThere ? { ...has, entry, words: has.words.slice() } : undefined)
  }
}

function isSame(a: readonly PagePosting[], b: readonly PagePosting[]): boolean {
  if (a.length !== b.length) return false
  const of = new Map(b.map((one) => [nameOf(one.entry), one]))
  return a.every((one) => {
    const other = of.get(nameOf(one.entry))
    return other !== undefined && (one === other || sameEntry(one.entry, other.entry))
  })
}

function sameEntry(a: SharedEntry, b: SharedEntry): boolean {
  return (
    a === b ||
    (a.sha256 === b.sha256 &&
      a.sizeBytes === b.sizeBytes &&
      a.kind === b.kind &&
      Math.floor(a.modifiedMs) === Math.floor(b.modifiedMs))
  )
}
