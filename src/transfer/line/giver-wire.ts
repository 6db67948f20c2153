import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { ShoalError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import { GetBlocksRequestSchema, GetBlocksResponseSchema } from '../../contract/gen/shoal/v1/peer_pb.ts'
import type { acceptedLine } from '../../link/line.ts'
import type { Giver } from '../give/giver.ts'
import type { BlocksResponse } from './channel.ts'
import {
  DATA_HEADER_BYTES,
  FrameReader,
  messageFrame,
  PART_HEADER_BYTES,
  writeDataHeader,
  writePartHeader,
} from './frames.ts'

/** A part of a block that is to be sent. */
export interface OutgoingPart {
  readonly file: number
  readonly index: number
  /** Where in the block it begins. */
  readonly offset: number
  /** Holds the block's bytes from {@link HEADROOM_BYTES} on; what lies before may be written over. */
  readonly buffer: Uint8Array
  readonly length: number
}

/** A part of a block that is sent from its end. */
export interface ChainedPart {
  readonly file: number
  readonly index: number
  readonly offset: number
  /** Its bytes; not changed after. */
  readonly bytes: Uint8Array
  /** The chaining value before it, 32 bytes. */
  readonly chaining: Uint8Array
}

/** Room before a block's bytes, so that a header can be put there and both are one write. */
export const HEADROOM_BYTES = DATA_HEADER_BYTES

/** A line to a peer that takes, whichever way its messages are framed. */
export interface GiverWire {
  send(message: BlocksResponse): void
  /** Resolves when the bytes have been taken and the buffer may be used again; never when the line breaks. */
  sendPart(part: OutgoingPart): Promise<void>
  /** Resolves when the bytes have been taken. */
  sendChained(part: ChainedPart): Promise<void>
}

/** The framed line of a peer that has opened one: answers it until it ends. */
export function giveByFrames(
  line: ReturnType<typeof acceptedLine>,
  giver: (wire: GiverWire, signal: AbortSignal) => Giver,
  log: Logger,
): void {
  const abort = new AbortController()
  const wire: GiverWire = {
    send: (message) => {
      const bytes = toBinary(GetBlocksResponseSchema, create(GetBlocksResponseSchema, message))
      line.write(messageFrame(bytes))
    },
    sendPart: ({ file, index, offset, buffer, length }) =>
      new Promise((resolve) => {
        const start = HEADROOM_BYTES + offset
        const header = { file, index, offset, length }
        if (offset === 0) {
          writeDataHeader(buffer, 0, header)
          line.write(buffer.subarray(0, start + length), resolve)
        } else {
          const before = new Uint8Array(DATA_HEADER_BYTES)
          writeDataHeader(before, 0, header)
          line.write(before)
          line.write(buffer.subarray(start, start + length), resolve)
        }
      }),
    sendChained: ({ file, index, offset, bytes, chaining }) =>
      new Promise((resolve) => {
        const frame = Buffer.allocUnsafeSlow(PART_HEADER_BYTES + bytes.length)
        writePartHeader(frame, { file, index, offset, length: bytes.length }, chaining)
        frame.set(bytes, PART_HEADER_BYTES)
        line.write(frame, resolve)
      }),
  }
  const answering = giver(wire, abort.signal)
  const frames = new FrameReader({
    message: (bytes) =>
      answering.take(fromBinary(GetBlocksRequestSchema, bytes, { readUnknownFields: false })),
    placed: () => {},
    place: () => {
      throw new ShoalError('INVALID_ARGUMENT', 'A client sends no blocks.')
    },
  })
  void line.lost.then(() => abort.abort(new ShoalError('CANCELLED', 'The peer has gone.')))
  answering
    .run()
    .catch((error: unknown) => {
      if (!abort.signal.aborted) log.debug({ err: error, peerId: line.peerId }, 'a block line was ended')
    })
    .finally(() => line.close())
  line.read(frames)
}
