/** Work that nobody waits for; it ends with the signals that it was given. Errors are of those who do it. */
export class Tasks {
  readonly #running = new Set<Promise<unknown>>()

  run(work: Promise<unknown>): void {
    const task = work.catch(() => {}).finally(() => this.#running.delete(task))
    this.#running.add(task)
  }

  async settled(): Promise<void> {
    await Promise.all(this.#running)
  }
}
