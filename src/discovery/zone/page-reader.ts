import { fromBinary } from '@bufbuild/protobuf'
import { ShoalError } from '../../base/errors.ts'
import { wordsOf } from '../../base/words.ts'
import { entryFromWire } from '../../content/entry-wire.ts'
import { PageSchema, type Posting, type SignedPage } from '../../contract/gen/shoal/v1/zone_pb.ts'
import { isPeerId } from '../../link/identity.ts'
import { MAX_ZONE_BITS } from '../membership/point.ts'
import type { Verify } from '../membership/ports.ts'
import { bucketOf } from './keys.ts'
import { Page, type PagePosting, signedBytes } from './page.ts'

/** Most postings of a page. */
export const MAX_POSTINGS = 256
const MAX_PAGE_BYTES = 1 << 20
const MAX_PART = 1 << 16

/** Reads pages of other peers. */
export interface PageReader {
  /** @throws ShoalError BAD_RESPONSE: wrong signature, too big, malformed, keys that are not of the entry or not of the bucket */
  read(signed: SignedPage): Page
  /** Told of each page that this process has made itself. */
  note?(page: Page): void
}

/** Checks everything. */
export class VerifyingPageReader implements PageReader {
  readonly #verify: Verify

  constructor(verify: Verify) {
    this.#verify = verify
  }

  read(signed: SignedPage): Page {
    const page = pageFromWire(signed)
    if (!this.#verify(page.peerId, signedBytes(signed.page), signed.signature)) throw bad('a wrong signature')
    return page
  }
}

/** Reads each message object once and knows what its own process has made: for many nodes in one process. */
export class MemoPageReader implements PageReader {
  readonly #read: (signed: SignedPage) => Page
  readonly #known = new WeakMap<SignedPage, Page>()

  constructor(reader: PageReader) {
    this.#read = (signed) => reader.read(signed)
  }

  note(page: Page): void {
    this.#known.set(page.signed, page)
  }

  read(signed: SignedPage): Page {
    let page = this.#known.get(signed)
    if (!page) {
      page = this.#read(signed)
      this.#known.set(signed, page)
    }
    return page
  }
}

/** Reads a page without asking whether its peer signed it. @throws ShoalError BAD_RESPONSE */
export function pageFromWire(signed: SignedPage): Page {
  if (signed.page.length > MAX_PAGE_BYTES) throw bad('a size that is too big')
  const { peerId, bucket, part, version, postings } = decode(signed.page)
  if (!isPeerId(peerId)) throw bad('no valid PeerId')
  if (bucket >= 1 << MAX_ZONE_BITS || part >= MAX_PART) throw bad('an impossible number')
  if (postings.length > MAX_POSTINGS) throw bad('too many postings')
  if (version > BigInt(Number.MAX_SAFE_INTEGER)) throw bad('an impossible version')
  const read = postings.map((posting) => readPosting(posting, bucket))
  return new Page(peerId, { bucket, part, version: Number(version), postings: read }, signed)
}

function readPosting(posting: Posting, bucket: number): PagePosting {
  if (!posting.entry) throw bad('a posting without an entry')
  const entry = entryFromWire(posting.entry)
  const { words, bySha256, byCid } = posting
  const has = new Set(wordsOf(entry.path))
  const isOf = (key: string) => bucketOf(key) === bucket
  if (new Set(words).size !== words.length || !words.every((word) => has.has(word) && isOf(`w:${word}`)))
    throw bad('a word of something else')
  if (bySha256 && (entry.sha256 === undefined || !isOf(`s:${entry.sha256}`))) throw bad('a foreign SHA-256')
  if (byCid && !isOf(`c:${entry.cid}`)) throw bad('a foreign CID')
  return { entry, words, bySha256, byCid }
}

function decode(page: Uint8Array) {
  try {
    return fromBinary(PageSchema, page)
  } catch (cause) {
    throw bad('bytes that cannot be read', cause)
  }
}

function bad(what: string, cause?: unknown): ShoalError {
  return new ShoalError('BAD_RESPONSE', `A page with ${what} came.`, { cause })
}
