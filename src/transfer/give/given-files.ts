import { ShoalError, toShoalError } from '../../base/errors.ts'
import { cidFromBytes } from '../../content/cid.ts'
import { Bitmap } from '../bitmap.ts'
import { MAX_FILES, MAX_INDICES } from '../line/channel.ts'
import type { GiverWire } from '../line/giver-wire.ts'
import type { Provider } from '../ports.ts'
import type { ServedFile } from '../served-file.ts'
import type { Copier } from './first-copies.ts'
import type { Rendezvous } from './rendezvous.ts'
import type { Spread } from './spread.ts'

/** What is believed of an introduction: as much as of a peer record. */
const MAX_ADDRESSES = 10
const MAX_ADDRESS_LENGTH = 256
const MAX_NAME_LENGTH = 64

export interface GivenFilesSetup {
  /** Of the client. */
  readonly peerId: string
  readonly wire: Pick<GiverWire, 'send'>
  /** What this node has of a CID. @throws NOT_FOUND */
  readonly fileOf: (cid: string) => ServedFile
  /** Where those meet who fetch the same file. */
  readonly rendezvous: Pick<Rendezvous, 'join'>
  readonly spread: Pick<Spread, 'join'>
  /** Whether this node answers TakeFiles. */
  readonly takesFiles: boolean
  /** Before a file is opened. @throws BUSY */
  readonly enter: (cid: string) => void
  /** More of a block is there, and can be sent. */
  readonly grown: (file: number, index: number) => void
  /** Somebody else gets a block; true when it was wanted and is not any more. */
  readonly revoke: (file: number, index: number) => boolean
}

/** A file that the client has open. */
export interface GivenFile {
  readonly cid: string
  readonly served: ServedFile
  readonly copier: Copier | undefined
  /** Blocks that became available, and such that are coming, and were not told yet. */
  news: number[]
  coming: number[]
  missing: number[]
  /** Coming blocks that it was told of: that they are whole is no news. */
  readonly told: Set<number>
  readonly offs: (() => void)[]
}

/** The files that one client has open, and what it is told of them. */
export class GivenFiles {
  readonly #setup: GivenFilesSetup
  readonly #files = new Map<number, GivenFile>()
  /** The client as a source for others; undefined while it has not introduced itself. */
  #self: Provider | undefined
  #tellPlanned = false

  constructor(setup: GivenFilesSetup) {
    this.#setup = setup
  }

  get size(): number {
    return this.#files.size
  }

  get numbers(): number[] {
    return [...this.#files.keys()]
  }

  get(number: number): GivenFile | undefined {
    return this.#files.get(number)
  }

  /** The client can be fetched from. */
  get givesToOthers(): boolean {
    return (this.#self?.addresses.length ?? 0) > 0
  }

  /** The client is reached there, as far as that can be believed: who it is, the link has proved. */
  introduce({ name, addresses }: { name: string; addresses: readonly string[] }): void {
    const fits = (text: string) => text.length <= MAX_ADDRESS_LENGTH
    this.#self = {
      peerId: this.#setup.peerId,
      name: name.slice(0, MAX_NAME_LENGTH),
      addresses: addresses.filter(fits).slice(0, MAX_ADDRESSES),
    }
  }

  /** @throws INVALID_ARGUMENT for a number that is in use, or one file too many; what else is wrong the client is told */
  open(number: number, cidBytes: Uint8Array): void {
    if (this.#files.has(number)) throw new ShoalError('INVALID_ARGUMENT', `File ${number} is open already.`)
    if (this.#files.size >= MAX_FILES)
      throw new ShoalError('INVALID_ARGUMENT', `At most ${MAX_FILES} files may be open at once.`)
    try {
      const cid = cidFromBytes(cidBytes)
      this.#setup.enter(cid)
      this.#open(number, cid, this.#setup.fileOf(cid))
    } catch (error) {
      const { code, message } = toShoalError(error)
      this.#setup.wire.send({ file: number, response: { case: 'refused', value: { code, message } } })
    }
  }

  #open(number: number, cid: string, served: ServedFile): void {
    const offs: (() => void)[] = []
    const { added, coming } = served
    const begins = (index: number) => {
      file.told.add(index)
      this.#note(file.coming, index)
    }
    if (added) offs.push(added.on((index) => void (file.told.delete(index) || this.#note(file.news, index))))
    if (coming) offs.push(coming.begun.on(begins))
    if (coming) offs.push(coming.grown.on((index) => this.#setup.grown(number, index)))
    const copier = this.#copier(number, cid, served)
    const file: GivenFile = { cid, served, copier, news: [], coming: [], missing: [], told: new Set(), offs }
    offs.push(this.#meet(number, file), () => copier?.leave())
    this.#files.set(number, file)
    // Bitmap and news meet without a gap: nothing happens between these two.
    const { blockCount, sizeBytes, has } = served
    const { wire, takesFiles } = this.#setup
    const bitmap = copier?.first ? bitmapOf(copier.first, blockCount) : has?.bytes.slice()
    const what = bitmap ? { bitmap } : { complete: true }
    const value = { ...what, sizeBytes: BigInt(sizeBytes), takesFiles }
    wire.send({ file: number, response: { case: 'opened', value } })
    for (const index of coming?.indices ?? []) begins(index)
  }

  /** Nothing more of a file. */
  close(number: number): void {
    const file = this.#files.get(number)
    if (!file) return
    this.#files.delete(number)
    for (const off of file.offs) off()
    file.served.release()
  }

  closeAll(): void {
    for (const number of [...this.#files.keys()]) this.close(number)
  }

  /** The client needs blocks in an order of its own. */
  showAll(number: number): void {
    this.#files.get(number)?.copier?.showAll()
  }

  /** The client has asked for nothing for a while. */
  idle(): void {
    for (const { copier } of this.#files.values()) copier?.idle()
  }

  #tellNews(): void {
    const { wire } = this.#setup
    for (const [file, given] of this.#files) {
      while (given.missing.length > 0) {
        const indices = given.missing.splice(0, MAX_INDICES)
        wire.send({ file, response: { case: 'missing', value: { indices } } })
      }
      while (given.news.length + given.coming.length > 0) {
        const value = {
          indices: given.news.splice(0, MAX_INDICES),
          coming: given.coming.splice(0, MAX_INDICES),
        }
        wire.send({ file, response: { case: 'have', value } })
      }
    }
  }

  /** What was asked for cannot be given. */
  missing(number: number, index: number): void {
    const file = this.#files.get(number)
    if (!file) return
    file.told.delete(index)
    this.#note(file.missing, index)
  }

  #note(list: number[], index: number): void {
    list.push(index)
    if (this.#tellPlanned) return
    this.#tellPlanned = true
    queueMicrotask(() => {
      this.#tellPlanned = false
      this.#tellNews()
    })
  }

  /** What the client is shown of a file that others fetch, too. Only of use when it passes on what it gets. */
  #copier(number: number, cid: string, served: ServedFile): Copier | undefined {
    if (!this.givesToOthers) return undefined
    const show = (indices: Iterable<number>) => {
      const file = this.#files.get(number)
      if (file) for (const index of indices) this.#note(file.news, index)
    }
    return this.#setup.spread.join(cid, served, {
      show,
      showAll: () => show(Bitmap.full(served.blockCount).indices()),
      revoke: (index) => {
        if (this.#setup.revoke(number, index)) this.missing(number, index)
      },
    })
  }

  /** Makes the client known to others who fetch the file. Of one block nobody has a part. */
  #meet(number: number, { cid, served }: GivenFile): () => void {
    const { rendezvous, wire } = this.#setup
    if (!this.#self || !this.givesToOthers || served.blockCount < 2) return () => {}
    return rendezvous.join(cid, this.#self, (peers) => {
      const takers = peers.map(({ peerId, name, addresses }) => ({ peerId, name, addresses: [...addresses] }))
      wire.send({ file: number, response: { case: 'takers', value: { takers } } })
    })
  }
}

function bitmapOf(indices: readonly number[], blockCount: number): Uint8Array {
  const bitmap = new Bitmap(blockCount)
  for (const index of indices) bitmap.add(index)
  return bitmap.bytes
}
