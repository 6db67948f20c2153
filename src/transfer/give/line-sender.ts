import type { Clock } from '../../base/clock.ts'
import type { Gate } from '../limits/gates.ts'
import type { ChainedPart, GiverWire } from '../line/giver-wire.ts'
import { nextPartBytes, START_PART_BYTES } from '../part-size.ts'

/** So many parts' worth of bytes may wait in the socket: one is encrypted while the one before goes out. */
const PARTS_IN_SOCKET = 2

export interface LineSenderSetup {
  readonly wire: Pick<GiverWire, 'sendPart' | 'sendChained'>
  /** What is sent passes here. */
  readonly gate: Gate
  readonly clock: Clock
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal
}

/** Bytes in a buffer that are to be sent. */
export interface Sending {
  readonly file: number
  readonly index: number
  /** Holds them from `HEADROOM_BYTES` on; may be written over before that. */
  readonly buffer: Uint8Array
  readonly length: number
  /** Asked now and then: nobody wants the rest. */
  readonly isUnwanted: () => boolean
  /** So many bytes are on their way. */
  readonly note: (bytes: number) => void
}

/** Hands bytes of one line to its socket: no faster than the limits let pass, and no more at once than the socket is about to take. */
export class LineSender {
  readonly #setup: LineSenderSetup
  /** Bytes handed to the wire and not taken yet. */
  #bytes = 0
  #partBytes = START_PART_BYTES
  #isOver = false
  #wake: (() => void) | undefined

  constructor(setup: LineSenderSetup) {
    this.#setup = setup
  }

  /** The client has gone or did wrong: nothing of what is on its way will be taken. Whoever waits here returns. */
  stop(): void {
    this.#isOver = true
    this.#wake?.()
  }

  /**
   * Sends a block, or a group of files.
   *
   * @param sent gets promises of when the buffer is not needed any more; they stay open when the line breaks
   * @returns false when not all was sent
   * @throws the signal's reason
   */
  async send(
    { file, index, buffer, length, isUnwanted, note }: Sending,
    sent: Promise<void>[],
  ): Promise<boolean> {
    const { clock, gate, wire } = this.#setup
    for (let offset = 0; offset < length || length === 0; ) {
      if (isUnwanted()) return false
      const part = Math.min(this.#partBytes, gate.pieceBytes(), length - offset)
      await this.#pass(part)
      const startedMs = clock.monotonic()
      note(part)
      sent.push(this.#track(part, wire.sendPart({ file, index, offset, buffer, length: part })))
      await this.room()
      if (this.#isOver) return false
      offset += part
      this.#partBytes = nextPartBytes(this.#partBytes, clock.monotonic() - startedMs)
      if (length === 0) break
    }
    return true
  }

  /** Sends a part of a block, when the limits let it pass. @throws the signal's reason */
  async sendChained(part: ChainedPart): Promise<void> {
    const { gate, wire } = this.#setup
    const bytes = part.bytes.length
    for (let left = bytes; left > 0; ) {
      const piece = Math.min(left, gate.pieceBytes())
      await this.#pass(piece)
      left -= piece
    }
    void this.#track(bytes, wire.sendChained(part))
  }

  /** Waits until the socket has room for more. @throws the signal's reason */
  async room(): Promise<void> {
    while (this.#bytes >= PARTS_IN_SOCKET * this.#partBytes && !this.#isOver) await this.#wait()
  }

  /** Waits until the socket has taken everything. @throws the signal's reason */
  async drained(): Promise<void> {
    while (this.#bytes > 0 && !this.#isOver) await this.#wait()
  }

  async #pass(bytes: number): Promise<void> {
    const { gate, signal } = this.#setup
    if (!gate.tryTake(bytes)) await gate.take(bytes, signal)
  }

  async #track(bytes: number, sending: Promise<void>): Promise<void> {
    this.#bytes += bytes
    await sending
    this.#bytes -= bytes
    this.#wake?.()
  }

  async #wait(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#setup.signal.throwIfAborted()
    this.#wake = resolve
    await promise
    this.#wake = undefined
    this.#setup.signal.throwIfAborted()
  }
}
