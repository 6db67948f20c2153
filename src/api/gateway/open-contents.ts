import type { Clock, Timer } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { isRawCid } from '../../content/cid.ts'
import { FileDag } from '../../content/file-dag.ts'
import type { BlockSpan } from '../../content/layout.ts'
import type { ContentPort, OpenContent, OpenFile, OpenFolder, OpenOptions } from '../content-port.ts'
import { partAsFile } from './part.ts'

export interface OpenContentsOptions {
  /** Most contents kept open that nobody reads at the moment. Default 32. */
  maxIdle: number
  /** Most bytes of digests, and of folders' nodes, that those keep. Default 64 MiB, which are 2 TiB of files. */
  maxIdleBytes: number
  /** How long one is kept open after it was last read, ms. Default 60 000: a player that pauses, a client that goes through a DAG block by block. */
  idleMs: number
}

export const DEFAULT_OPEN_CONTENTS: OpenContentsOptions = {
  maxIdle: 32,
  maxIdleBytes: 64 * 1024 * 1024,
  idleMs: 60_000,
}

/** Content that is being read. Disposing it says that it is not, any more. */
export type Lease = Disposable &
  (
    | { readonly kind: 'file'; readonly file: OpenFile; readonly dag: FileDag; readonly facts: FileFacts }
    | { readonly kind: 'folder'; readonly folder: OpenFolder }
  )

/** What was found out of a file and stays true. */
export interface FileFacts {
  /** Content type by its first bytes. */
  sniffedType?: string
}

interface Entry {
  readonly cid: string
  readonly content: OpenFile | OpenFolder
  readonly dag: FileDag | undefined
  readonly facts: FileFacts
  readonly weight: number
  /** Where the block stood that was last asked for by itself: the one after it is next. */
  lastBlock: number
  users: number
  isDropped: boolean
  timer: Timer | undefined
}

/**
 * Contents by their CID, kept open for a while: the ranges of a file, and the requests of a client that goes through its DAG block by block, then
 * open it, and read its manifest, once. So blocks of a file that was read a moment ago are found by their own CIDs, too.
 */
export class OpenContents {
  readonly #port: ContentPort
  readonly #clock: Clock
  readonly #options: OpenContentsOptions
  /** The one used longest ago first. */
  readonly #entries = new Map<string, Entry>()

  constructor({
    port,
    clock,
    options,
  }: { port: ContentPort; clock: Clock; options?: Partial<OpenContentsOptions> }) {
    this.#port = port
    this.#clock = clock
    this.#options = { ...DEFAULT_OPEN_CONTENTS, ...options }
  }

  /** Contents that are open, read or not. */
  get size(): number {
    return this.#entries.size
  }

  /** @param cid in canonical form. Errors as those of the port. */
  async lease(cid: string, options: OpenOptions): Promise<Lease> {
    const entry = this.#current(cid)
    if (entry && !(options.onlyLocal && isRemote(entry))) return this.#use(entry)
    // What a folder links to is looked up as itself: going through a folder of thousands must not search all layouts for each.
    const part = options.within ? undefined : this.#partOfKnown(cid, options)
    if (part) return part
    const content = await this.#port.open(cid, options).catch((error) => {
      throw options.onlyLocal ? notHere(error) : error
    })
    if (content.kind !== 'part') return this.#use(this.#add(cid, content))
    return this.#leasePart(cid, content.of, options)
  }

  /** Closes everything as soon as nobody reads it. */
  close(): void {
    for (const entry of [...this.#entries.values()]) this.#drop(entry)
  }

  #partOfKnown(cid: string, { onlyLocal }: OpenOptions): Lease | undefined {
    // The latest first: it is the one that somebody goes through.
    for (const { cid: of } of [...this.#entries.values()].reverse()) {
      const file = this.#current(of)
      if (file && onlyLocal && isRemote(file)) continue
      const span = file?.dag?.find(cid, file.lastBlock + 1)
      if (file && span) return this.#usePart(cid, file, span)
    }
    return undefined
  }

  async #leasePart(cid: string, of: string, options: OpenOptions): Promise<Lease> {
    using whole = await this.lease(of, options)
    const entry = this.#entries.get(of)
    if (whole.kind === 'file' && entry?.dag) {
      // Inner nodes are told apart once they have been worked out.
      if (!isRawCid(cid)) await entry.dag.innerDigests()
      const span = entry.dag.find(cid)
      if (span) return this.#usePart(cid, entry, span)
    }
    throw new ShoalError('NOT_FOUND', `There is no ${cid} any more.`)
  }

  #add(cid: string, content: Exclude<OpenContent, { kind: 'part' }>): Entry {
    const other = this.#current(cid)
    if (other) {
      // Somebody else opened it at the same time.
      content.close()
      return other
    }
    const dag = content.kind === 'file' ? new FileDag(content.layout) : undefined
    const weight = content.kind === 'file' ? content.layout.digests.length : (content.weightBytes ?? 0)
    const entry: Entry = {
      ...{ cid, content, dag, weight, facts: {}, lastBlock: -1 },
      ...{ users: 0, isDropped: false, timer: undefined },
    }
    this.#entries.set(cid, entry)
    return entry
  }

  #current(cid: string): Entry | undefined {
    const entry = this.#entries.get(cid)
    if (!entry || entry.content.isCurrent()) return entry
    this.#drop(entry)
    return undefined
  }

  #usePart(cid: string, entry: Entry, span: BlockSpan): Lease {
    if (isRawCid(cid)) entry.lastBlock = span.first
    const file = partAsFile(cid, entry.content as OpenFile, span)
    return this.#use(entry, { file, dag: new FileDag(file.layout), facts: {} })
  }

  #use(entry: Entry, part?: { file: OpenFile; dag: FileDag; facts: FileFacts }): Lease {
    entry.users++
    entry.timer?.cancel()
    this.#entries.delete(entry.cid)
    this.#entries.set(entry.cid, entry)
    let isOver = false
    const dispose = () => {
      if (isOver) return
      isOver = true
      this.#leave(entry)
    }
    const { content, dag, facts } = entry
    if (content.kind === 'folder') return { kind: 'folder', folder: content, [Symbol.dispose]: dispose }
    return { kind: 'file', ...(part ?? { file: content, dag: dag!, facts }), [Symbol.dispose]: dispose }
  }

  #leave(entry: Entry): void {
    if (--entry.users > 0) return
    if (entry.isDropped) {
      entry.content.close()
      return
    }
    entry.timer = this.#clock.schedule(() => this.#drop(entry), this.#options.idleMs)
    this.#shrink()
  }

  #shrink(): void {
    const idle = [...this.#entries.values()].filter(({ users }) => users === 0)
    let weight = idle.reduce((sum, entry) => sum + entry.weight, 0)
    const { maxIdle, maxIdleBytes } = this.#options
    while (idle.length > 1 && (idle.length > maxIdle || weight > maxIdleBytes)) {
      const oldest = idle.shift()!
      weight -= oldest.weight
      this.#drop(oldest)
    }
  }

  #drop(entry: Entry): void {
    if (this.#entries.get(entry.cid) === entry) this.#entries.delete(entry.cid)
    entry.timer?.cancel()
    if (entry.isDropped) return
    entry.isDropped = true
    if (entry.users === 0) entry.content.close()
  }
}

const isRemote = ({ content }: Entry) => content.kind === 'file' && content.isRemote === true

/** https://specs.ipfs.tech/http-gateways/path-gateway/#only-if-cached */
function notHere(error: unknown): unknown {
  if (!(error instanceof ShoalError) || error.code !== 'NOT_FOUND') return error
  return new ShoalError(
    'PRECONDITION_FAILED',
    `It is not here, and only-if-cached lets nobody else be asked. ${error.message}`,
  )
}
