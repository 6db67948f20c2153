import { hash } from 'node:crypto'
import { create, toBinary } from '@bufbuild/protobuf'
import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { inBatches } from '../../base/batches.ts'
import type { SharedEntry } from '../../content/entry.ts'
import { entryToWire } from '../../content/entry-wire.ts'
import { matchText } from '../../content/match.ts'
import { EntrySchema } from '../../contract/gen/shoal/v1/common_pb.ts'
import {
  type PageHead,
  PageHeadSchema,
  type SignedPage,
  SignedPageSchema,
} from '../../contract/gen/shoal/v1/zone_pb.ts'
import { pointOf } from '../membership/point.ts'
import type { Signer } from '../membership/ports.ts'

const CONTEXT = Buffer.from('shoal-zone-page:')

/** One entry, and those of its keys that lie in the page's bucket. */
export interface PagePosting {
  readonly entry: SharedEntry
  readonly words: readonly string[]
  readonly bySha256: boolean
  readonly byCid: boolean
}

/** What a publisher chooses of a page. */
export interface PageFields {
  readonly bucket: number
  readonly part: number
  readonly version: number
  readonly postings: readonly PagePosting[]
}

/**
 * One version of what one peer shares in one bucket. Never changed, and shared by all who have it in a process: what is worked out of it
 * is kept here, once.
 */
export class Page {
  readonly peerId: string
  readonly bucket: number
  readonly part: number
  readonly version: number
  readonly postings: readonly PagePosting[]
  /** The wire form, passed on as it is. */
  readonly signed: SignedPage
  /** Names the page in all its versions. */
  readonly id: string
  #keys: readonly string[] | undefined
  #texts: (string | undefined)[] | undefined
  #group = -1
  #high = 0
  #low = 0

  constructor(peerId: string, { bucket, part, version, postings }: PageFields, signed: SignedPage) {
    this.peerId = peerId
    this.bucket = bucket
    this.part = part
    this.version = version
    this.postings = postings
    this.signed = signed
    this.id = pageId(peerId, bucket, part)
  }

  /** Distinct keys of all postings. */
  get keys(): readonly string[] {
    if (this.#keys) return this.#keys
    const keys = new Set<string>()
    for (const { entry, words, bySha256, byCid } of this.postings) {
      for (const word of words) keys.add(`w:${word}`)
      if (bySha256) keys.add(`s:${entry.sha256}`)
      if (byCid) keys.add(`c:${entry.cid}`)
    }
    this.#keys = [...keys]
    return this.#keys
  }

  /** Which of 64 groups the page counts in: first six bits of SHA-256(PeerId). */
  get group(): number {
    if (this.#group < 0) this.#measure()
    return this.#group
  }

  /** Upper half of the hash of the page's head: the first 8 bytes of SHA-256 of `ID@VERSION`. */
  get hashHigh(): number {
    if (this.#group < 0) this.#measure()
    return this.#high
  }

  get hashLow(): number {
    if (this.#group < 0) this.#measure()
    return this.#low
  }

  /** What a query is matched with, of the posting number `at`. */
  text(at: number): string {
    this.#texts ??= []
    this.#texts[at] ??= matchText(this.postings[at]!.entry.path)
    return this.#texts[at]
  }

  /** Whether the posting is found under `key`. */
  static hasKey({ entry, words, bySha256, byCid }: PagePosting, key: string): boolean {
    const rest = key.slice(2)
    if (key.startsWith('w:')) return words.includes(rest)
    if (key.startsWith('s:')) return bySha256 && entry.sha256 === rest
    return byCid && entry.cid === rest
  }

  #measure(): void {
    const digest = hash('sha256', `${this.id}@${this.version}`, 'buffer')
    this.#high = digest.readInt32BE(0)
    this.#low = digest.readInt32BE(4)
    this.#group = pointOf(this.peerId) >>> 26
  }
}

/** Names a page in all its versions. */
export function pageId(peerId: string, bucket: number, part: number): string {
  return `${peerId}/${bucket}.${part}`
}

/** Names one version. */
export function headOf({ peerId, bucket, part, version }: Page): PageHead {
  return create(PageHeadSchema, { peerId, bucket, part, version: BigInt(version) })
}

/** A page of the signer's own. */
export function signPage(signer: Signer, fields: PageFields): Page {
  const { peerId } = signer
  const page = encodePage(peerId, fields)
  const signature = signer.sign(signedBytes(page))
  return new Page(peerId, fields, create(SignedPageSchema, { page, signature }))
}

/** Entries are in a page for each of their keys, and encoding them is what costs most. */
const encodedEntries = new WeakMap<SharedEntry, Uint8Array>()

function encodedEntry(entry: SharedEntry): Uint8Array {
  let bytes = encodedEntries.get(entry)
  if (!bytes) {
    bytes = toBinary(EntrySchema, create(EntrySchema, entryToWire(entry)))
    encodedEntries.set(entry, bytes)
  }
  return bytes
}

/** A field's number and wire type (https://protobuf.dev/programming-guides/encoding/#structure). */
const tag = (field: number, type: 0 | 2) => (field << 3) | type

/** The message Page of zone.proto, with entries that were encoded before. */
function encodePage(peerId: string, { bucket, part, version, postings }: PageFields): Uint8Array {
  const writer = new BinaryWriter()
  writer.uint32(tag(1, 2)).string(peerId)
  if (bucket > 0) writer.uint32(tag(2, 0)).uint32(bucket)
  if (part > 0) writer.uint32(tag(3, 0)).uint32(part)
  if (version > 0) writer.uint32(tag(4, 0)).uint64(version)
  for (const { entry, words, bySha256, byCid } of postings) {
    writer.uint32(tag(5, 2)).fork()
    writer.uint32(tag(1, 2)).bytes(encodedEntry(entry))
    for (const word of words) writer.uint32(tag(2, 2)).string(word)
    if (bySha256) writer.uint32(tag(3, 0)).bool(true)
    if (byCid) writer.uint32(tag(4, 0)).bool(true)
    writer.join()
  }
  return writer.finish()
}

/** What the signature of an encoded page is made of. */
export function signedBytes(page: Uint8Array): Uint8Array {
  return Buffer.concat([CONTEXT, page])
}

/** Pages in groups whose encoded size fits one message each. */
export function batchesOf(pages: Iterable<Page>, maxBytes: number): Generator<Page[]> {
  const sizeOf = ({ signed }: Page) => signed.page.length + signed.signature.length + 16
  return inBatches(pages, sizeOf, { items: Number.POSITIVE_INFINITY, size: maxBytes })
}
