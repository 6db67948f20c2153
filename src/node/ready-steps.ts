import type { Readiness } from '../api/readiness.ts'

/** What a node does before it is ready: the database of its state is open, others can reach it, the first scan has begun, it looks for peers, and downloads go on. */
export const NODE_STEPS = ['state', 'listening', 'library', 'discovery', 'downloads'] as const
export type NodeStep = (typeof NODE_STEPS)[number]

/** The same of an index server. */
export const INDEX_STEPS = ['database', 'listening'] as const

/** Steps of the start of a process, and whether it stops. starting -> ready -> stopping */
export class ReadySteps<Step extends string> {
  readonly #missing: Set<Step>
  #stopping = false

  /** @param steps all that must be done before it is ready */
  constructor(steps: readonly Step[]) {
    this.#missing = new Set(steps)
  }

  done(step: Step): void {
    this.#missing.delete(step)
  }

  /** Not ready from here on. */
  stopping(): void {
    this.#stopping = true
  }

  readiness(): Readiness {
    return { missing: this.#stopping ? ['not stopping'] : [...this.#missing] }
  }
}
