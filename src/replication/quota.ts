import type { KeepSettings } from './ports.ts'

/** What is kept, or will be. */
export interface KeptSize {
  readonly owner: string
  readonly sizeBytes: number
}

export interface Room {
  readonly bytes: number
  readonly files: number
}

type Limits = Pick<KeepSettings, 'maxBytes' | 'maxFiles' | 'maxBytesPerPeer' | 'maxFilesPerPeer'>

/** Counts what is kept and reserved, in all and by owner. Nobody waits between looking and taking, so that many who ask at once never get more than there is. */
export class Quota {
  readonly #limits: () => Limits
  #total: Room = { bytes: 0, files: 0 }
  readonly #owners = new Map<string, Room>()

  constructor(limits: () => Limits) {
    this.#limits = limits
  }

  get total(): Room {
    return this.#total
  }

  /** What an owner may still have kept here. Never negative. */
  room(owner: string): Room {
    const { maxBytes, maxFiles, maxBytesPerPeer, maxFilesPerPeer } = this.#limits()
    const mine = this.#owners.get(owner) ?? { bytes: 0, files: 0 }
    const left = (most: number, used: number) => Math.max(0, most - used)
    return {
      bytes: Math.min(left(maxBytes, this.#total.bytes), left(maxBytesPerPeer, mine.bytes)),
      files: Math.min(left(maxFiles, this.#total.files), left(maxFilesPerPeer, mine.files)),
    }
  }

  /** Reserves; false, and nothing is reserved, when there is no room. */
  take({ owner, sizeBytes }: KeptSize): boolean {
    const { bytes, files } = this.room(owner)
    if (files < 1 || bytes < sizeBytes) return false
    this.add({ owner, sizeBytes })
    return true
  }

  /** Counts what is there already, room or not. */
  add({ owner, sizeBytes }: KeptSize): void {
    this.#change(owner, sizeBytes, 1)
  }

  release({ owner, sizeBytes }: KeptSize): void {
    this.#change(owner, -sizeBytes, -1)
  }

  #change(owner: string, bytes: number, files: number): void {
    const mine = this.#owners.get(owner) ?? { bytes: 0, files: 0 }
    const now = { bytes: mine.bytes + bytes, files: mine.files + files }
    if (now.files > 0) this.#owners.set(owner, now)
    else this.#owners.delete(owner)
    this.#total = { bytes: this.#total.bytes + bytes, files: this.#total.files + files }
  }
}
