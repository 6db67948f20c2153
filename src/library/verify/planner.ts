import type { Logger } from '../../base/log.ts'
import type { Catalogue } from '../../storage/catalogue.ts'
import type { PathKey } from '../../storage/catalogue-types.ts'
import type { VerifyStore } from '../../storage/verify-store.ts'
import { isBelow } from '../file-key.ts'

/** Files put into the list at once: some 10 ms of work. */
const STEP = 500

export interface PlannerParts {
  readonly catalogue: Pick<Catalogue, 'contentsBelow'>
  readonly store: VerifyStore
  readonly log: Logger
}

/** Puts the files of what is to be verified into the list, in slices. A crash in the middle does no harm: a file is never in the list twice. */
export class VerifyPlanner {
  readonly #parts: PlannerParts
  #running: Promise<void> | undefined

  constructor(parts: PlannerParts) {
    this.#parts = parts
  }

  get isBusy(): boolean {
    return this.#running !== undefined
  }

  /** True while some target's files are not all in the list. */
  get hasMore(): boolean {
    return this.#next() !== undefined
  }

  /** Resolves when nothing is being put into the list. */
  async whenIdle(): Promise<void> {
    await this.#running?.catch(() => {})
  }

  /** Adds what no target of the run holds already. */
  add(keys: readonly PathKey[]): void {
    const { store } = this.#parts
    const known: PathKey[] = store.targets()
    const added: PathKey[] = []
    for (const key of keys) {
      if ([...known, ...added].some((target) => isBelow(key, target))) continue
      added.push(key)
    }
    if (added.length > 0) store.addTargets(added)
  }

  /** Resolves when the list has all files of all targets, or the signal has aborted. */
  run(signal: AbortSignal): Promise<void> {
    this.#running ??= this.#run(signal).finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { catalogue, store } = this.#parts
    // One turn: with nothing to do it would be over before its promise is noted as the running one.
    await Promise.resolve()
    for (let target = this.#next(); target && !signal.aborted; target = this.#next()) {
      for (const contents of catalogue.contentsBelow(target)) {
        const files = contents.map(({ shareId, relPath, cid, stat }) => ({
          ...{ shareId, relPath, cid },
          sizeBytes: stat.size,
        }))
        for (let at = 0; at < files.length; at += STEP) {
          if (signal.aborted) return
          store.addFiles(target.id, files.slice(at, at + STEP))
          await new Promise((resolve) => setImmediate(resolve))
        }
      }
      store.setPlanned(target.id)
    }
  }

  #next() {
    return this.#parts.store.targets().find(({ isPlanned }) => !isPlanned)
  }
}
