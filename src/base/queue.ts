/**
 * A first-in first-out queue with a bound. When it is full, `push` waits (back-pressure) and `tryPush` says no.
 * Readers iterate; `close` ends them after what is queued, `fail` ends them with an error.
 */
export class BoundedQueue<T> implements AsyncIterable<T> {
  readonly capacity: number
  #items: T[] = []
  #readers: ((result: IteratorResult<T>) => void)[] = []
  #waiting: { item: T; done: (accepted: boolean) => void }[] = []
  #closed = false
  #error: unknown

  constructor(capacity: number) {
    if (!(capacity >= 1)) throw new RangeError('a queue needs a capacity of at least 1')
    this.capacity = capacity
  }

  get size(): number {
    return this.#items.length
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Adds at once. False when the queue is full or closed: the caller decides what is lost. */
  tryPush(item: T): boolean {
    if (this.#closed) return false
    const reader = this.#readers.shift()
    if (reader) {
      reader({ value: item, done: false })
      return true
    }
    if (this.#items.length >= this.capacity) return false
    this.#items.push(item)
    return true
  }

  /** Adds as soon as there is room. False when the queue was closed instead. */
  push(item: T): Promise<boolean> {
    if (this.#closed) return Promise.resolve(false)
    if (this.tryPush(item)) return Promise.resolve(true)
    return new Promise((done) => this.#waiting.push({ item, done }))
  }

  /** No more items; readers get what is queued, then end. Writers that wait get false. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const { done } of this.#waiting.splice(0)) done(false)
    for (const reader of this.#readers.splice(0)) reader({ value: undefined, done: true })
  }

  /** Like {@link close}, and readers then throw `error`. */
  fail(error: unknown): void {
    this.#error = error
    this.close()
  }

  async next(): Promise<IteratorResult<T>> {
    if (this.#items.length > 0) {
      const value = this.#items.shift()!
      const writer = this.#waiting.shift()
      if (writer) {
        this.#items.push(writer.item)
        writer.done(true)
      }
      return { value, done: false }
    }
    if (this.#closed) {
      if (this.#error !== undefined) throw this.#error
      return { value: undefined, done: true }
    }
    const result = await new Promise<IteratorResult<T>>((resolve) => this.#readers.push(resolve))
    if (result.done && this.#error !== undefined) throw this.#error
    return result
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    return {
      next: () => this.next(),
      return: async () => {
        this.#items = []
        this.close()
        return { value: undefined, done: true }
      },
    }
  }
}
