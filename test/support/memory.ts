import { readFileSync } from 'node:fs'

/** Resident memory of a process, bytes; 0 when it has ended. */
export function residentBytes(pid: number): number {
  try {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return Number(kib ?? 0) * 1024
  } catch {
    return 0
  }
}

/** Between two looks, ms: a buffer that is held for less is not seen. */
const LOOK_MS = 20

/** Watches how much memory a process has. */
export class MemoryWatch implements Disposable {
  readonly #pid: number
  readonly #timer: NodeJS.Timeout
  #startBytes: number
  #mostBytes: number

  constructor(pid: number) {
    this.#pid = pid
    this.#startBytes = this.#mostBytes = residentBytes(pid)
    this.#timer = setInterval(() => {
      this.#mostBytes = Math.max(this.#mostBytes, residentBytes(pid))
    }, LOOK_MS)
  }

  /** Resident bytes at the beginning, and the most above that until now; begins anew. */
  lap(): { startBytes: number; grownBytes: number } {
    const lap = { startBytes: this.#startBytes, grownBytes: this.#mostBytes - this.#startBytes }
    this.#startBytes = this.#mostBytes = residentBytes(this.#pid)
    return lap
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}
