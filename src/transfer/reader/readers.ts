import { abortable } from '../../base/signals.ts'
import type { BlockSpan } from '../../content/layout.ts'
import { Wants } from './wants.ts'

interface Waiter {
  readonly arrived: PromiseWithResolvers<Uint8Array>
  count: number
}

/** Those who read one file, told apart by their signals: who waits for which block, and what is read next. */
export class Readers {
  readonly #wants = new Wants()
  readonly #onChange: (wants: Wants) => void
  readonly #waiters = new Map<number, Waiter>()
  /** Signals listened to, with what stops that. As many as readers began and did not end. */
  readonly #begun = new Map<AbortSignal, () => void>()

  /** @param onChange something else is wanted now */
  constructor(onChange: (wants: Wants) => void) {
    this.#onChange = onChange
  }

  get isIdle(): boolean {
    return this.#wants.isIdle
  }

  /** Readers that told what they read next. */
  get count(): number {
    return this.#wants.readers
  }

  /** These blocks are read next, in order, until the signal ends. */
  begin(span: BlockSpan, signal: AbortSignal): void {
    if (signal.aborted) return
    this.#wants.begin(signal, span)
    if (!this.#begun.has(signal)) {
      const leave = () => {
        this.#forget(signal)
        this.#onChange(this.#wants)
      }
      signal.addEventListener('abort', leave, { once: true })
      this.#begun.set(signal, () => signal.removeEventListener('abort', leave))
    }
    this.#onChange(this.#wants)
  }

  /** A block as soon as it is there. @param here looks whether it is there already @throws what {@link fail} says; the signal's reason */
  async read(index: number, signal: AbortSignal, here: () => Uint8Array | undefined): Promise<Uint8Array> {
    signal.throwIfAborted()
    this.#wants.moved(signal, index)
    const bytes = here()
    if (bytes) {
      this.#onChange(this.#wants)
      return bytes
    }
    const unwait = this.#wants.wait(index)
    let waiter = this.#waiters.get(index)
    if (!waiter) {
      waiter = { arrived: Promise.withResolvers(), count: 0 }
      // Whoever waits hears of a failure; all may have left by then.
      waiter.arrived.promise.catch(() => {})
      this.#waiters.set(index, waiter)
    }
    waiter.count++
    try {
      this.#onChange(this.#wants)
      return await abortable(waiter.arrived.promise, signal)
    } finally {
      unwait()
      if (--waiter.count === 0 && this.#waiters.get(index) === waiter) this.#waiters.delete(index)
      this.#onChange(this.#wants)
    }
  }

  /** A block is there: who waits for it gets it. */
  arrived(index: number, bytes: Uint8Array): void {
    this.#waiters.get(index)?.arrived.resolve(bytes)
    this.#waiters.delete(index)
  }

  /** Blocks that somebody waits for. */
  waiting(): number[] {
    return [...this.#waiters.keys()]
  }

  /** Nothing comes any more. */
  fail(error: unknown): void {
    for (const { arrived } of this.#waiters.values()) arrived.reject(error)
    this.#waiters.clear()
    for (const signal of [...this.#begun.keys()]) this.#forget(signal)
  }

  #forget(signal: AbortSignal): void {
    this.#wants.leave(signal)
    this.#begun.get(signal)?.()
    this.#begun.delete(signal)
  }
}
