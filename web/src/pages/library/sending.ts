import { isAbort, messageOf } from '../../api/errors.ts'
import { Store } from '../../state/store.ts'
import type { SendOptions } from './send-file.ts'

/** A file on its way into the library. */
export interface Sending {
  readonly id: number
  readonly name: string
  readonly sizeBytes: number
  readonly sentBytes: number
  readonly state:
    | { readonly kind: 'waiting' }
    | { readonly kind: 'sending' }
    /** All of it has left; the node writes and hashes it. */
    | { readonly kind: 'hashing' }
    | { readonly kind: 'done' }
    | { readonly kind: 'failed'; readonly message: string }
}

type Send<F> = (file: F, options: SendOptions) => Promise<void>

export interface SendFact {
  readonly name: string
  readonly size: number
}

/** At once: the node takes four, also those of other pages. */
const AT_ONCE = 2

/** Most files of the list; those that are too many are told of. */
export const MAX_SENDING = 1000

/** Files that go into the library, a few at a time, whichever page is looked at meanwhile. */
export class SendQueue<F extends SendFact> {
  readonly list = new Store<readonly Sending[]>([])
  readonly #send: Send<F>
  readonly #waiting: { id: number; file: F }[] = []
  readonly #running = new Map<number, AbortController>()
  #next = 0

  constructor(send: Send<F>) {
    this.#send = send
  }

  /** Something is under way or waits. */
  get isBusy(): boolean {
    return this.#running.size + this.#waiting.length > 0
  }

  /** @returns how many were too many */
  add(files: readonly F[]): number {
    const taken = files.slice(0, Math.max(0, MAX_SENDING - this.list.get().length))
    const rows = taken.map((file): Sending => {
      const id = this.#next++
      this.#waiting.push({ id, file })
      return { id, name: file.name, sizeBytes: file.size, sentBytes: 0, state: { kind: 'waiting' } }
    })
    this.list.set([...this.list.get(), ...rows])
    this.#startMore()
    return files.length - taken.length
  }

  /** Ends one and takes it off the list, wherever it is. */
  remove(id: number): void {
    this.#running.get(id)?.abort()
    const place = this.#waiting.findIndex((each) => each.id === id)
    if (place >= 0) this.#waiting.splice(place, 1)
    this.list.set(this.list.get().filter((row) => row.id !== id))
  }

  /** Takes those off the list that have ended. */
  clear(): void {
    this.list.set(this.list.get().filter(({ state }) => state.kind !== 'done' && state.kind !== 'failed'))
  }

  #startMore(): void {
    while (this.#running.size < AT_ONCE) {
      const next = this.#waiting.shift()
      if (!next) return
      void this.#run(next.id, next.file)
    }
  }

  async #run(id: number, file: F): Promise<void> {
    const life = new AbortController()
    this.#running.set(id, life)
    this.#change(id, { state: { kind: 'sending' } })
    try {
      const onProgress = (sentBytes: number) =>
        this.#change(id, { sentBytes, ...(sentBytes >= file.size && { state: { kind: 'hashing' } }) })
      await this.#send(file, { signal: life.signal, onProgress })
      this.#change(id, { sentBytes: file.size, state: { kind: 'done' } })
    } catch (error) {
      if (!isAbort(error)) this.#change(id, { state: { kind: 'failed', message: messageOf(error) } })
    } finally {
      this.#running.delete(id)
      this.#startMore()
    }
  }

  #change(id: number, change: Partial<Pick<Sending, 'sentBytes' | 'state'>>): void {
    this.list.set(this.list.get().map((row) => (row.id === id ? { ...row, ...change } : row)))
  }
}
