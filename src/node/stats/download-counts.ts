import { type DownloadView, FINAL_STATES } from '../../api/node-port.ts'

type Seen = Pick<DownloadView, 'id' | 'state' | 'files'>

/** Counts how downloads end, from what is told of them. */
export class DownloadCounts {
  done = 0
  failed = 0
  /** Files of those that are done. */
  files = 0
  /** Ids of those under way: never more than there may be downloads. An end is told more than once. */
  readonly #open = new Set<string>()

  note({ id, state, files }: Seen): void {
    if (!FINAL_STATES.includes(state)) {
      this.#open.add(id)
      return
    }
    if (!this.#open.delete(id)) return
    if (state === 'done') {
      this.done++
      this.files += files?.total ?? 1
    } else if (state === 'failed') this.failed++
  }
}
