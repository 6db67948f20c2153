import type { MessageInitShape } from '@bufbuild/protobuf'
import type { ShoalError } from '../../base/errors.ts'
import type {
  GetBlocksRequestSchema,
  GetBlocksResponse,
  GetBlocksResponseSchema,
  Opened,
} from '../../contract/gen/shoal/v1/peer_pb.ts'
import type { Road } from '../../link/roads.ts'
import type { Provider } from '../ports.ts'

export type BlocksRequest = MessageInitShape<typeof GetBlocksRequestSchema>
export type BlocksResponse = MessageInitShape<typeof GetBlocksResponseSchema>

/** Most indices in one message, of the contract. */
export const MAX_INDICES = 4096
/** Most blocks asked for and not answered on one line, of the contract. */
export const MAX_ASKED = 1024
/** Most files open on one line, of the contract. */
export const MAX_FILES = 1024

/** Most files in one TakeFiles, and most of them asked for in that way and not answered on a line, of the contract. */
export const MAX_TAKEN = 256
export const MAX_TAKEN_AT_ONCE = 4096

/** What one file's source says. A throw is the peer's fault and cuts the line. */
export interface ChannelListener {
  opened(what: Pick<Opened, 'complete' | 'bitmap' | 'sizeBytes'> & Partial<Pick<Opened, 'takesFiles'>>): void
  /** Others who fetch the file there. */
  takers(peers: readonly Provider[]): void
  /** Place in the upload queue, 1 = next; 0: no longer waiting. */
  queued(position: number): void
  missing(indices: readonly number[]): void
  /** @param coming blocks that can be asked for in parts though they are not whole there */
  have(indices: readonly number[], coming: readonly number[]): void
  /**
   * Bytes of a block are coming, from `offset` on.
   *
   * @param room bytes that are left of their message
   * @param chaining of a part of a block that comes from its end: the chaining value before it
   * @returns where they go: room for at least one and at most `room`
   */
  place(index: number, offset: number, room: number, chaining?: Uint8Array): Uint8Array
  /** So many bytes are where {@link place} said last; also after {@link BlockChannel.close}, for what was on its way. */
  placed(count: number): void
  /** The next files of a TakeFiles, see FileGroup of the contract. Missing where none are asked for. */
  group?(sizes: readonly number[]): void
  /** Nothing more comes. Told once, and not after {@link BlockChannel.close}. */
  ended(error: ShoalError): void
}

/** One file at one peer, as a taker talks about it. */
export interface BlockChannel {
  readonly road: Road | undefined
  /** HOST:PORT or multiaddr. */
  readonly address: string
  /** This side does not read at the moment, to keep to a limit: that nothing comes is not the peer's fault. */
  readonly isHeld: boolean
  want(indices: readonly number[]): void
  /** Asks for a block in parts from `end` down. */
  wantParts(index: number, end: number): void
  cancel(indices: readonly number[]): void
  /** Asks to be shown all there is at once, rather than what helps the swarm most. */
  showAll(): void
  /** Wants nothing more. Harmless when repeated. */
  close(): void
}

/** Opens files at peers; one line a peer serves all of them. */
export interface BlockChannels {
  /** A file will soon be opened there: begins to open the line. What goes wrong is told when a file is opened. */
  warm?(provider: Provider): void
  /** @throws ShoalError what connecting throws; the signal's reason */
  open(provider: Provider, cid: string, listener: ChannelListener, signal: AbortSignal): Promise<BlockChannel>
  /** The same without waiting; undefined when there is no line yet, or none with room for another file. */
  openNow(provider: Provider, cid: string, listener: ChannelListener): BlockChannel | undefined
  /**
   * Asks for whole files of one block each at a peer that said that it takes such requests. Missing where nobody does.
   *
   * @param digests 32 bytes each, of at most {@link MAX_TAKEN} files
   * @returns what to close when all have come; undefined as from {@link openNow}
   */
  takeNow?(provider: Provider, digests: Uint8Array, listener: ChannelListener): BlockChannel | undefined
}

/** A line to a peer, whichever way its messages are framed. */
export interface TakerWire {
  readonly road: Road | undefined
  readonly address: string
  send(requests: readonly BlocksRequest[]): void
  /** Reads no more until {@link resume}. */
  pause(): void
  resume(): void
  close(): void
}

/** What comes over a {@link TakerWire}. */
export interface WireListener {
  /** Anything but block data. */
  message(response: GetBlocksResponse): void
  /** As in {@link ChannelListener}. */
  place(file: number, index: number, offset: number, room: number, chaining?: Uint8Array): Uint8Array
  placed(count: number): void
  /** It is over. Told once. */
  ended(error: ShoalError): void
}
