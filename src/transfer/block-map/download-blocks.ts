import type { DownloadRecord } from '../../storage/download-store.ts'
import type { DownloadJob } from '../download-job.ts'
import type { DownloadJournal } from '../ports.ts'
import { type BlockMap, blockMap } from './block-map.ts'
import type { BlockSection } from './cells.ts'
import { Origins } from './origins.ts'
import { evenSection, frozen, journalSections, plannedBlocks } from './sections.ts'

/** A download as it is now. */
export interface DownloadNow {
  readonly record: DownloadRecord
  /** What works on it. */
  readonly job: DownloadJob | undefined
}

/** What becomes of the blocks of one download, whether it is worked on or not. */
export class DownloadBlocks {
  /** Who gave which. */
  readonly origins: Origins
  readonly #store: DownloadJournal
  /** While nobody works on it: as the last run left them, or what the journal knows, once somebody has asked. */
  #resting: BlockSection[] | undefined

  /** @param nameOf name of a peer that gives some; empty when not known */
  constructor(store: DownloadJournal, nameOf: (peerId: string) => string) {
    this.#store = store
    this.origins = new Origins(nameOf)
  }

  /** In at most so many cells; read at this moment. */
  map(cells: number, now: DownloadNow): BlockMap {
    const active = now.job?.sources ?? []
    return blockMap(this.#sections(now), { cells, given: this.origins.peers, active })
  }

  /** A run is over. @param job whose blocks stay as they are, for a download that may go on */
  rest(job: DownloadJob | undefined): void {
    const sections = job?.sections()
    this.#resting = sections && [frozen(sections)]
  }

  /** Something works on it again. */
  wake(): void {
    this.#resting = undefined
  }

  /** It is done or cancelled. */
  end(): void {
    this.#resting = undefined
    this.origins.clear()
  }

  #sections({ record, job }: DownloadNow): BlockSection[] {
    const { state, sizeBytes } = record
    if (state === 'cancelled') return [evenSection(plannedBlocks(sizeBytes), false)]
    // An empty file has a block too.
    if (state === 'done') return [evenSection(Math.max(1, plannedBlocks(sizeBytes)), true)]
    const running = job?.sections()
    if (running) return running
    // A job that has not opened its file yet is about to.
    if (job) return this.#journalled(record)
    this.#resting ??= this.#journalled(record)
    return this.#resting
  }

  #journalled(record: DownloadRecord): BlockSection[] {
    return journalSections(this.#store.get(record.id) ?? record, this.#store, this.origins)
  }
}
