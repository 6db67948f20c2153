import type { Clock, Timer } from '../base/clock.ts'

export interface FlusherSetup {
  /** Makes everything written so far durable. */
  readonly sync: () => Promise<void>
  /**
   * Notes blocks that are durable.
   *
   * @param sources bytes by PeerId that came with them
   */
  readonly mark: (indices: number[], sources: Record<string, number>) => void
  /** A flush failed: nothing is lost yet, but nothing is safe either. */
  readonly onError: (error: unknown) => void
  readonly clock: Clock
  readonly flushBytes: number
  readonly flushMs: number
}

/**
 * Data before journal: blocks that are written are made durable in batches, and only then does the journal say that they are there. One flush
 * runs at a time; what is written meanwhile waits for the next.
 */
export class Flusher {
  readonly #setup: FlusherSetup
  #indices: number[] = []
  #sources: Record<string, number> = {}
  #bytes = 0
  #timer: Timer | undefined
  #running: Promise<void> | undefined

  constructor(setup: FlusherSetup) {
    this.#setup = setup
  }

  /** Bytes written and not durable yet, those of a flush under way left out. */
  get waitingBytes(): number {
    return this.#bytes
  }

  /** A block is written. @param peerId who sent it; undefined when it was found on the disk */
  wrote(index: number, bytes: number, peerId: string | undefined): void {
    this.#indices.push(index)
    this.#bytes += bytes
    if (peerId !== undefined) this.#sources[peerId] = (this.#sources[peerId] ?? 0) + bytes
    if (this.#bytes >= this.#setup.flushBytes) this.#start()
    else this.#arm()
  }

  /** Resolves when everything written before the call is durable and journalled. @throws what the disk said */
  async flush(): Promise<void> {
    while (this.#running || this.#indices.length > 0) {
      this.#running ??= this.#flushOnce()
      await this.#running
    }
  }

  /** No flush starts by itself any more; one under way is waited for. */
  async stop(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    await this.#running?.catch(() => {})
  }

  #arm(): void {
    if (this.#timer || this.#running) return
    this.#timer = this.#setup.clock.schedule(() => {
      this.#timer = undefined
      this.#start()
    }, this.#setup.flushMs)
  }

  #start(): void {
    if (this.#running) return
    this.#running = this.#flushOnce()
    this.#running.catch((error: unknown) => this.#setup.onError(error))
  }

  async #flushOnce(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    const indices = this.#indices
    const sources = this.#sources
    this.#indices = []
    this.#sources = {}
    this.#bytes = 0
    try {
      await this.#setup.sync()
      this.#setup.mark(indices, sources)
    } finally {
      this.#running = undefined
    }
    if (this.#bytes >= this.#setup.flushBytes) this.#start()
    else if (this.#indices.length > 0) this.#arm()
  }
}
