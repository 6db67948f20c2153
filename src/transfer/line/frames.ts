import { MIB } from '../../base/units.ts'
import { SourceFault } from '../source-fault.ts'

/**
 * How the messages of GetBlocks travel on a line of their own, `shoal-blocks/1`. Goals: bytes of blocks are neither copied nor waited for as a whole
 * on either side; little is allocated for what is only claimed. Non-goals: compression, flow control (TCP has it).
 *
 * A frame is its length (4 bytes, big endian, of all that follows), its kind (1 byte) and a body:
 * - 0: a GetBlocksRequest (from the client) or GetBlocksResponse (from the server) without block data, protobuf;
 * - 1: block data: file, index, offset (4 bytes each, big endian), then the bytes.
 */
export const BLOCKS_ALPN = 'shoal-blocks/1'

/** Bytes before the data in a data frame. */
export const DATA_HEADER_BYTES = 17

const PREFIX_BYTES = 5
const MESSAGE = 0
const DATA = 1

/** Longest message: the bitmap of a file of 1 TiB takes 128 KiB. */
export const MAX_FRAME_MESSAGE_BYTES = 256 * 1024

/** A block has 1 MiB; whether it is too long for its place the receiver says. */
const MAX_DATA_BYTES = 2 * MIB

/** What a reader of frames tells. */
export interface FrameListener {
  /** A whole message. */
  message(bytes: Uint8Array): void
  /** Bytes of a block as they come, in any number of pieces; good during the call only. An empty data frame is told, too. */
  data(file: number, index: number, offset: number, bytes: Uint8Array): void
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

/** Writes the header of a data frame at `at`; `length` bytes of data must follow it. */
export function writeDataHeader(
  into: Uint8Array,
  at: number,
  { file, index, offset, length }: { file: number; index: number; offset: number; length: number },
): void {
  const view = new DataView(into.buffer, into.byteOffset + at, DATA_HEADER_BYTES)
  view.setUint32(0, DATA_HEADER_BYTES - 4 + length)
  view.setUint8(4, DATA)
  view.setUint32(5, file)
  view.setUint32(9, index)
  view.setUint32(13, offset)
}

/** Reads frames out of a byte stream, however it is cut. */
export class FrameReader {
  readonly #listener: FrameListener
  readonly #header = new Uint8Array(DATA_HEADER_BYTES)
  readonly #view = new DataView(this.#header.buffer)
  #headerBytes = 0
  /** Of a message that came in part. */
  #message: Uint8Array | undefined
  #messageBytes = 0
  /** Of the data frame that is being read: bytes to come. */
  #dataLeft = 0
  #file = 0
  #index = 0
  #offset = 0

  constructor(listener: FrameListener) {
    this.#listener = listener
  }

  /** @throws SourceFault BAD_RESPONSE for what is no frame; what the listener throws */
  take(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.length) {
      if (this.#dataLeft > 0) at += this.#takeData(bytes, at)
      else if (this.#message) at += this.#takeMessage(this.#message, bytes, at)
      else at += this.#takeHeader(bytes, at)
    }
  }

  #takeData(bytes: Uint8Array, at: number): number {
    const count = Math.min(this.#dataLeft, bytes.length - at)
    const offset = this.#offset
    this.#dataLeft -= count
    this.#offset += count
    this.#listener.data(this.#file, this.#index, offset, bytes.subarray(at, at + count))
    return count
  }

  #takeMessage(message: Uint8Array, bytes: Uint8Array, at: number): number {
    const count = Math.min(message.length - this.#messageBytes, bytes.length - at)
    message.set(bytes.subarray(at, at + count), this.#messageBytes)
    this.#messageBytes += count
    if (this.#messageBytes === message.length) this.#endMessage(message)
    return count
  }

  #takeHeader(bytes: Uint8Array, at: number): number {
    const wanted = this.#headerBytes < PREFIX_BYTES ? PREFIX_BYTES : DATA_HEADER_BYTES
    const count = Math.min(wanted - this.#headerBytes, bytes.length - at)
    this.#header.set(bytes.subarray(at, at + count), this.#headerBytes)
    this.#headerBytes += count
    if (this.#headerBytes < wanted) return count
    const length = this.#view.getUint32(0)
    const kind = this.#header[4]
    if (kind === MESSAGE) {
      if (length < 1 || length > 1 + MAX_FRAME_MESSAGE_BYTES) throw bad(`a message of ${length} bytes`)
      this.#headerBytes = 0
      this.#message = new Uint8Array(length - 1)
      this.#messageBytes = 0
      if (length === 1) this.#endMessage(this.#message)
    } else if (kind === DATA) {
      const dataBytes = length - (DATA_HEADER_BYTES - 4)
      if (dataBytes < 0 || dataBytes > MAX_DATA_BYTES) throw bad(`data of ${dataBytes} bytes`)
      if (this.#headerBytes === DATA_HEADER_BYTES) this.#beginData(dataBytes)
    } else throw bad(`a frame of kind ${kind}`)
    return count
  }

  #beginData(dataBytes: number): void {
    this.#headerBytes = 0
    this.#file = this.#view.getUint32(5)
    this.#index = this.#view.getUint32(9)
    this.#offset = this.#view.getUint32(13)
    this.#dataLeft = dataBytes
    if (dataBytes === 0) this.#listener.data(this.#file, this.#index, this.#offset, new Uint8Array())
  }

  #endMessage(message: Uint8Array): void {
    this.#message = undefined
    this.#listener.message(message)
  }
}

function bad(what: string): SourceFault {
  return new SourceFault('BAD_RESPONSE', `the line is no block line: ${what}`)
}
