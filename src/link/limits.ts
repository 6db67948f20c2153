import { MIB } from '../base/units.ts'

/**
 * Largest message that is sent or taken, bytes, on both sides. A block (1 MiB) and a full batch of entries
 * fit.
 */
export const MAX_MESSAGE_BYTES = 4 * MIB

/**
 * HTTP/2 window of a client, stream and connection, bytes: what may be under way to it. 16 MiB fill 1
 * Gbit/s at 130 ms round trip; Node's default of 64 KiB would stop at 4 Mbit/s.
 */
export const CLIENT_WINDOW_BYTES = 16 * MIB

/**
 * HTTP/2 window of a server for one request stream, bytes. Requests are small but for batches of index
 * entries.
 */
export const SERVER_STREAM_WINDOW_BYTES = MIB
/** HTTP/2 window of a server for all request streams of one connection, bytes. */
export const SERVER_CONNECTION_WINDOW_BYTES = 4 * MIB

/**
 * How far a stream's sender may be ahead of what HTTP/2 has taken, bytes: enough that the next block is
 * made while one is sent. The producer waits when it is reached.
 */
export const WRITE_AHEAD_BYTES = 2 * MIB
/**
 * The same in messages, for small ones: a source that is never short of them must not keep the event loop
 * to itself.
 */
export const WRITE_AHEAD_MESSAGES = 64

/** Messages received and not yet asked for by a reader, a stream. Flow control holds back the rest. */
export const READ_AHEAD_MESSAGES = 2

/** Request streams that one connection may have open. Above it the client's HTTP/2 waits or is refused. */
export const MAX_STREAMS_PER_CONNECTION = 64
