import type { BlockSection } from './block-map/cells.ts'
import type { DroppedSource } from './download-view.ts'
import type { FinishedFile } from './ports.ts'
import type { SourceRow } from './source.ts'

/** The work of one download, file or folder, once it is known what it is. */
export interface DownloadJob {
  /** As far as it is known. */
  readonly sizeBytes: number
  readonly doneBytes: number
  /** Undefined for a file. */
  readonly files: { readonly done: number; readonly total: number } | undefined
  readonly sources: Iterable<SourceRow>
  /** What becomes of its blocks; undefined while the journal knows more. */
  sections(): BlockSection[] | undefined
  dropped(): DroppedSource[]
  /** Fetches what is missing; what came is noted when this ends, well or not. @throws NO_SPACE, IO, NO_PROVIDERS, the signal's reason */
  fetch(signal: AbortSignal): Promise<void>
  /** Checks what was fetched, and repairs it. @param onRepair called when it has to be fetched in part again */
  check(signal: AbortSignal, onRepair: () => void): Promise<void>
  /**
   * Gives it its final name, which this returns: the one wanted, or a numbered one.
   *
   * @param beforeMove told each name before it is tried
   */
  place(path: string, beforeMove: (path: string) => void): Promise<string>
  /** {@link finished} will take so long that nobody should wait for it. Only after {@link check}. */
  readonly isLate: boolean
  /** What lies at the final place. Only after {@link place}. @throws IO, the signal's reason */
  finished(path: string, signal: AbortSignal): Promise<FinishedFile[]>
  /** Lets go of files. Harmless when repeated. */
  close(): Promise<void>
}
