import { NOBODY } from './cells.ts'

/** Who gave blocks. */
export interface Origin {
  readonly peerId: string
  /** For people; proves nothing. */
  readonly name: string
}

/** Who gave each block of one file. */
export interface FileOrigins {
  note(index: number, peerId: string): void
  /** Place among {@link Origins.peers}, or NOBODY. */
  of(index: number): number
}

/**
 * Who gave which block of a download, as far as this process has seen it. One byte a block, beside the bit of its bitmap: 1 MiB for a download of 1 TiB. Of
 * more than 255 sources the further ones are not told apart.
 */
export class Origins {
  readonly #nameOf: (peerId: string) => string
  readonly #peers: Origin[] = []
  readonly #places = new Map<string, number>()
  readonly #files = new Map<number, Uint8Array>()

  /** @param nameOf asked once for each peer */
  constructor(nameOf: (peerId: string) => string) {
    this.#nameOf = nameOf
  }

  get peers(): readonly Origin[] {
    return this.#peers
  }

  /** Of one file; what is known of it from before stays, unless it had another number of blocks. @param file its number, of its user's choice */
  file(file: number, blocks: number): FileOrigins {
    let places = this.#files.get(file)
    if (places?.length !== blocks) places = new Uint8Array(blocks).fill(NOBODY)
    this.#files.set(file, places)
    return {
      note: (index, peerId) => {
        places[index] = this.#placeOf(peerId)
      },
      of: (index) => places[index] ?? NOBODY,
    }
  }

  /** What is known of a file; undefined when nothing is. */
  known(file: number): ((index: number) => number) | undefined {
    const places = this.#files.get(file)
    return places && ((index) => places[index] ?? NOBODY)
  }

  clear(): void {
    this.#peers.length = 0
    this.#places.clear()
    this.#files.clear()
  }

  #placeOf(peerId: string): number {
    const known = this.#places.get(peerId)
    if (known !== undefined) return known
    if (this.#peers.length >= NOBODY) return NOBODY
    this.#peers.push({ peerId, name: this.#nameOf(peerId) })
    this.#places.set(peerId, this.#peers.length - 1)
    return this.#peers.length - 1
  }
}
