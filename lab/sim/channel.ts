/** A queue without a bound between two sides of a simulated call; readers iterate, once. */
export class Channel<T> implements AsyncIterableIterator<T> {
  readonly #items: T[] = []
  #at = 0
  #reader: PromiseWithResolvers<IteratorResult<T>> | undefined
  #isOver = false
  #error: unknown
  readonly #onLeave: () => void

  /** @param onLeave called when the reader leaves before the end */
  constructor(onLeave: () => void = () => {}) {
    this.#onLeave = onLeave
  }

  push(item: T): void {
    if (this.#isOver) return
    const reader = this.#reader
    if (!reader) return void this.#items.push(item)
    this.#reader = undefined
    reader.resolve({ value: item, done: false })
  }

  /** Ends the stream after what is queued, with `error` if there is one. */
  end(error?: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#error = error
    const reader = this.#reader
    this.#reader = undefined
    if (error === undefined) reader?.resolve({ value: undefined, done: true })
    else reader?.reject(error)
  }

  async next(): Promise<IteratorResult<T>> {
    if (this.#at < this.#items.length) {
      const value = this.#items[this.#at]!
      this.#items[this.#at++] = undefined as T
      return { value, done: false }
    }
    if (this.#isOver) {
      if (this.#error !== undefined) throw this.#error
      return { value: undefined, done: true }
    }
    this.#reader = Promise.withResolvers<IteratorResult<T>>()
    return this.#reader.promise
  }

  async return(): Promise<IteratorResult<T>> {
    if (!this.#isOver) {
      this.#isOver = true
      this.#onLeave()
    }
    this.#at = this.#items.length
    return { value: undefined, done: true }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
