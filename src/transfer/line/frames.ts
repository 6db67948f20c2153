import { MIB } from '../../base/units.ts'
import { CHAINING_BYTES } from '../../content/block-chain.ts'
import type { LineReader } from '../../link/line.ts'
import { SourceFault } from '../source-fault.ts'

/**
 * How the messages of GetBlocks travel on a line of their own, `shoal-blocks/1`. Goals: bytes of blocks are neither copied nor waited for as a whole
 * on either side; little is allocated for what is only claimed. Non-goals: compression, flow control (TCP has it).
 *
 * A frame is its length (4 bytes, big endian, of all that follows), its kind (1 byte) and a body:
 * - 0: a GetBlocksRequest (from the client) or GetBlocksResponse (from the server) without block data, protobuf;
 * - 1: block data: file, index, offset (4 bytes each, big endian), then the bytes;
 * - 2: a part of a block that is sent from its end: the same with the chaining value before the part (32 bytes) before the bytes.
 */
export const BLOCKS_ALPN = 'shoal-blocks/1'

/** Bytes before the data in a data frame. */
export const DATA_HEADER_BYTES = 17

/** Bytes before the data in the frame of a part. */
export const PART_HEADER_BYTES = DATA_HEADER_BYTES + CHAINING_BYTES

const PREFIX_BYTES = 5
const MESSAGE = 0
const DATA = 1
const PART = 2

/** Longest message: the bitmap of a file of 1 TiB takes 128 KiB. */
export const MAX_FRAME_MESSAGE_BYTES = 256 * 1024

/** A block has 1 MiB; whether it is too long for its place the receiver says. */
const MAX_DATA_BYTES = 2 * MIB

/** What a reader of frames tells and asks. */
export interface FrameListener {
  /** A whole message. */
  message(bytes: Uint8Array): void
  /**
   * Block data is coming.
   *
   * @param room bytes that are left of its frame
   * @param chaining of a part of a block that is sent from its end: the chaining value before it
   * @returns where they go: at least one byte of room and at most `room`
   */
  place(file: number, index: number, offset: number, room: number, chaining?: Uint8Array): Uint8Array
  /** So many bytes are where {@link place} said last. */
  placed(count: number): void
}

/** A message as a frame. @throws RangeError when it is too long */
export function messageFrame(message: Uint8Array): Uint8Array {
  if (message.length > MAX_FRAME_MESSAGE_BYTES) throw new RangeError(`a message of ${message.length} bytes`)
  const frame = new Uint8Array(PREFIX_BYTES + message.length)
  new DataView(frame.buffer).setUint32(0, 1 + message.length)
  frame[4] = MESSAGE
  frame.set(message, PREFIX_BYTES)
  return frame
}

/** Where the bytes of a frame belong. */
export interface DataPlace {
  readonly file: number
  readonly index: number
  readonly offset: number
  readonly length: number
}

/** Writes the header of a data frame at `at`; `length` bytes of data must follow it. */
export function writeDataHeader(into: Uint8Array, at: number, place: DataPlace): void {
  writeHeader(into, at, place, { kind: DATA, headerBytes: DATA_HEADER_BYTES })
}

/** Writes the header of a part's frame at the front. */
export function writePartHeader(into: Uint8Array, place: DataPlace, chaining: Uint8Array): void {
  writeHeader(into, 0, place, { kind: PART, headerBytes: PART_HEADER_BYTES })
  into.set(chaining, DATA_HEADER_BYTES)
}

function writeHeader(
  into: Uint8Array,
  at: number,
  { file, index, offset, length }: DataPlace,
  { kind, headerBytes }: { kind: number; headerBytes: number },
): void {
  const view = new DataView(into.buffer, into.byteOffset + at, DATA_HEADER_BYTES)
  view.setUint32(0, headerBytes - 4 + length)
  view.setUint8(4, kind)
  view.setUint32(5, file)
  view.setUint32(9, index)
  view.setUint32(13, offset)
}

type State = 'header' | 'message' | 'data'

/** Reads frames out of a byte stream, however it is cut. Block data goes straight to where the listener wants it. */
export class FrameReader implements LineReader {
  readonly #listener: FrameListener
  readonly #header = new Uint8Array(PART_HEADER_BYTES)
  readonly #view = new DataView(this.#header.buffer)
  #state: State = 'header'
  /** What the next bytes go to, and how many of it are filled. */
  #target = this.#header.subarray(0, PREFIX_BYTES)
  #filled = 0
  /** Of the data frame that is being read. */
  #left = 0
  #offset = 0
  #chaining: Uint8Array | undefined

  constructor(listener: FrameListener) {
    this.#listener = listener
  }

  next(): Uint8Array {
    if (this.#state === 'data') {
      const [file, index] = [this.#view.getUint32(5), this.#view.getUint32(9)]
      return this.#listener.place(file, index, this.#offset, this.#left, this.#chaining)
    }
    return this.#filled === 0 ? this.#target : this.#target.subarray(this.#filled)
  }

  /** @throws SourceFault BAD_RESPONSE for what is no frame; what the listener throws */
  filled(bytes: number): void {
    if (this.#state === 'data') {
      this.#left -= bytes
      this.#offset += bytes
      this.#listener.placed(bytes)
      if (this.#left === 0) this.#expect('header', this.#header.subarray(0, PREFIX_BYTES))
      return
    }
    this.#filled += bytes
    if (this.#filled < this.#target.length) return
    if (this.#state === 'header') this.#headerCame()
    else this.#messageCame()
  }

  #expect(state: State, target: Uint8Array<ArrayBuffer>, filled = 0): void {
    this.#state = state
    this.#target = target
    this.#filled = filled
  }

  #headerCame(): void {
    const length = this.#view.getUint32(0)
    const kind = this.#header[4]
    if (kind === MESSAGE) {
      if (length < 1 || length > 1 + MAX_FRAME_MESSAGE_BYTES) throw bad(`a message of ${length} bytes`)
      this.#expect('message', new Uint8Array(length - 1))
      if (length === 1) this.#messageCame()
    } else if (kind === DATA || kind === PART) {
      const headerBytes = kind === DATA ? DATA_HEADER_BYTES : PART_HEADER_BYTES
      this.#left = length - (headerBytes - 4)
      if (this.#left <= 0 || this.#left > MAX_DATA_BYTES) throw bad(`data of ${this.#left} bytes`)
      if (this.#target.length === PREFIX_BYTES)
        this.#expect('header', this.#header.subarray(0, headerBytes), PREFIX_BYTES)
      else {
        this.#offset = this.#view.getUint32(13)
        this.#chaining = kind === PART ? this.#header.slice(DATA_HEADER_BYTES) : undefined
        this.#state = 'data'
      }
    } else throw bad(`a frame of kind ${kind}`)
  }

  #messageCame(): void {
    const message = this.#target
    this.#expect('header', this.#header.subarray(0, PREFIX_BYTES))
    this.#listener.message(message)
  }
}

function bad(what: string): SourceFault {
  return new SourceFault('BAD_RESPONSE', `the line is no block line: ${what}`)
}
