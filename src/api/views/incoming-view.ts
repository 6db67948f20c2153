import type { SharedEntry } from '../../content/entry.ts'

/** Files whose bytes come to the node, as from a page, instead of lying on its machine already. */
export interface IncomingPort {
  /**
   * Writes a file into the folder for such files and shares it. A name made safe for this system; what has it already is never
   * replaced: the same content is that file, other content gets the next free `NAME (2).EXT`. What does not come to its end leaves nothing.
   *
   * @throws ShoalError INVALID_ARGUMENT for a name that is not shared; NO_SPACE; BUSY when as many as go come in; TIMED_OUT when
   *   nothing comes for long; CANCELLED; PERMISSION_DENIED; IO
   */
  receive(name: string, body: AsyncIterable<Uint8Array>, options: ReceiveOptions): Promise<ReceivedFile>
}

export interface ReceiveOptions {
  /** Undefined when the sender did not tell. */
  readonly sizeBytes?: number | undefined
  readonly signal: AbortSignal
}

export interface ReceivedFile {
  readonly entry: SharedEntry & { readonly absPath: string }
  /** False when the same content was there under this name. */
  readonly created: boolean
}
