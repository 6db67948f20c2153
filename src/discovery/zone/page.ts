import { createHash } from 'node:crypto'
import { create, toBinary } from '@bufbuild/protobuf'
import type { SharedEntry } from '../../content/entry.ts'
import { entryToWire } from '../../content/entry-wire.ts'
import { matchText } from '../../content/match.ts'
import {
  type PageHead,
  PageHeadSchema,
  PageSchema,
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
    const digest = createHash('sha256').update(`${this.id}@${this.version}`).digest()
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
  const { bucket, part, version, postings } = fields
  const page = toBinary(
    PageSchema,
    create(PageSchema, {
      ...{ peerId, bucket, part, version: BigInt(version) },
      postings: postings.map(({ entry, words, bySha256, byCid }) => ({
        ...{ entry: entryToWire(entry), words: [...words], bySha256, byCid },
      })),
    }),
  )
  const signature = signer.sign(signedBytes(page))
  return new Page(peerId, fields, create(SignedPageSchema, { page, signature }))
}

/** What the signature of an encoded page is made of. */
export function signedBytes(page: Uint8Array): Uint8Array {
  return Buffer.concat([CONTEXT, page])
}

/** Pages in groups whose encoded size fits one message each. */
export function* batchesOf(pages: Iterable<Page>, maxBytes: number): Generator<Page[]> {
  let batch: Page[] = []
  let bytes = 0
  for (const page of pages) {
    const size = page.signed.page.length + page.signed.signature.length + 16
    if (batch.length > 0 && bytes + size > maxBytes) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(page)
    bytes += size
  }
  if (batch.length > 0) yield batch
}
