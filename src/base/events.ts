/** A small typed event source. Listeners are called in order of arrival and must not throw. */
export class Emitter<T> {
  #listeners = new Set<(event: T) => void>()

  /** Listens until the returned function is called. */
  on(listener: (event: T) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  emit(event: T): void {
    for (const listener of [...this.#listeners]) listener(event)
  }

  get listenerCount(): number {
    return this.#listeners.size
  }
}
