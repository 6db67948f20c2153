import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { ShoalError } from '../../base/errors.ts'
import { GetBlocksRequestSchema, GetBlocksResponseSchema } from '../../contract/gen/shoal/v1/peer_pb.ts'
import type { LineReader, PeerLine } from '../../link/line.ts'
import { SourceFault } from '../source-fault.ts'
import type { TakerWire, WireListener } from './channel.ts'
import { BLOCKS_ALPN, FrameReader, messageFrame } from './frames.ts'

/** Opens a framed line. @throws ShoalError what the link throws */
export async function framedWire(
  openLine: (alpn: string, reader: LineReader) => Promise<PeerLine>,
  listener: WireListener,
): Promise<TakerWire> {
  let fault: ShoalError | undefined
  const noting = <A extends unknown[], R>(call: (...args: A) => R) => {
    return (...args: A): R => {
      try {
        return call(...args)
      } catch (error) {
        if (error instanceof SourceFault) fault = error
        throw error
      }
    }
  }
  const frames = new FrameReader({
    message: (bytes) => listener.message(decoded(bytes)),
    place: (...where) => listener.place(...where),
    placed: (count) => listener.placed(count),
  })
  const line = await openLine(BLOCKS_ALPN, {
    next: noting(() => frames.next()),
    filled: noting((bytes: number) => frames.filled(bytes)),
  })
  void line.lost.then((error) =>
    listener.ended(
      fault ?? new ShoalError('UNAVAILABLE', error?.message ?? 'it ended the line', { cause: error }),
    ),
  )
  return {
    road: line.road,
    address: line.address,
    send: (requests) => {
      const frames = requests.map((request) =>
        messageFrame(toBinary(GetBlocksRequestSchema, create(GetBlocksRequestSchema, request))),
      )
      line.write(frames.length === 1 ? frames[0]! : Buffer.concat(frames))
    },
    pause: () => line.pause(),
    resume: () => line.resume(),
    close: () => line.close(),
  }
}

function decoded(bytes: Uint8Array) {
  try {
    return fromBinary(GetBlocksResponseSchema, bytes, { readUnknownFields: false })
  } catch {
    throw new SourceFault('BAD_RESPONSE', 'a message is no GetBlocksResponse')
  }
}
