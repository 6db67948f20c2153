import { connect as connectTcp } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { type ShoalError, toShoalError } from '../base/errors.ts'
import { withDeadline } from '../base/signals.ts'
import { type HostPort, plainHost } from './address.ts'
import type { DialContext } from './dial.ts'
import type { Road } from './roads.ts'
import { type SecureConnection, type SecureSetup, secureOver, secureTo } from './secure.ts'
import { reasonOf } from './streams.ts'
import { wireAlpn } from './tls.ts'

/**
 * A TLS connection to a peer that speaks another protocol than gRPC, chosen by ALPN (RFC 7301) on the same port, with the same identity
 * check.
 */
export interface PeerLine {
  readonly peerId: string
  /** The other end's IP address; empty through a tunnel. */
  readonly remoteAddress: string
  /** HOST:PORT or multiaddr that was dialled; HOST:PORT that a server sees. */
  readonly address: string
  readonly road: Road
  /** Sends bytes, which must not change until `onWritten` is called; it never is when the line breaks. */
  write(bytes: Uint8Array, onWritten?: () => void): void
  /** Reads no more, until {@link resume}. What the other side sends meanwhile is held back by TCP. */
  pause(): void
  resume(): void
  /** Cuts it. Harmless when repeated. */
  close(): void
  /** Resolves when it is over, whoever ended it, with what went wrong, if something did. */
  readonly lost: Promise<ShoalError | undefined>
}

/** Says where the bytes go that a line receives, so that they need not be copied from somewhere else. */
export interface LineReader {
  /** Where the next ones go: room for at least one byte. Asked again after each {@link filled}. */
  next(): Uint8Array
  /** So many bytes of that are filled. A throw cuts the line. */
  filled(bytes: number): void
}

/** Which line to open. */
export interface LineGoal {
  readonly peerId: string | undefined
  readonly alpn: string
}

/** Opens a line by TCP. @throws ShoalError as {@link secureOver}; TIMED_OUT, the signal's reason */
export function dialLine(
  where: HostPort & { text: string },
  goal: LineGoal,
  reader: LineReader,
  signal: AbortSignal,
  context: DialContext,
): Promise<PeerLine> {
  const setup = setupOf(goal, context)
  const box = new ReaderBox(reader)
  return open(signal, context, async (onSocket) => {
    let secure: SecureConnection
    if (setup.network) {
      const tcp = connectTcp({ host: where.host, port: where.port, noDelay: true })
      onSocket(tcp)
      secure = await secureOver(tcp, setup)
      box.listen(secure.socket)
    } else {
      const own = { buffer: box.next, callback: box.filled }
      secure = await secureTo(where, own, setup, onSocket)
    }
    return new SocketLine(secure, { address: where.text, road: 'direct' }, box)
  })
}

/** The same through the stream of a tunnel. */
export function dialLineThrough(
  tunnel: { stream: Duplex; road: Road; address: string },
  goal: LineGoal,
  reader: LineReader,
  signal: AbortSignal,
  context: DialContext,
): Promise<PeerLine> {
  const box = new ReaderBox(reader)
  return open(signal, context, async (onSocket) => {
    onSocket(tunnel.stream)
    const secure = await secureOver(tunnel.stream, setupOf(goal, context))
    box.listen(secure.socket)
    return new SocketLine(secure, tunnel, box)
  })
}

/** The server's end of a line. Reading begins with the first call of `read`. */
export function acceptedLine(
  socket: TLSSocket,
  peer: { peerId: string; remoteAddress: string; remotePort: number },
): PeerLine & { read(reader: LineReader): void } {
  const box = new ReaderBox(NOWHERE)
  const address = peer.remoteAddress === '' ? '' : `${peer.remoteAddress}:${peer.remotePort}`
  const road = peer.remoteAddress === '' ? 'tunnel' : 'direct'
  const line = new SocketLine({ socket, peerId: peer.peerId }, { address, road }, box)
  return Object.assign(line, {
    read: (reader: LineReader) => {
      box.reader = reader
      box.listen(socket)
    },
  })
}

function setupOf({ peerId, alpn }: LineGoal, { certificates, clock, network }: DialContext): SecureSetup {
  const wire = wireAlpn(alpn, network !== undefined)
  return { context: certificates.context(), clock, network, expectedPeerId: peerId, alpn: wire }
}

/** Runs `start` with the connect timeout and the signal, which cut the socket. */
async function open(
  signal: AbortSignal,
  { clock, options }: DialContext,
  start: (onSocket: (socket: Duplex) => void) => Promise<PeerLine>,
): Promise<PeerLine> {
  signal.throwIfAborted()
  using limited = withDeadline(clock, options.connectTimeoutMs, signal)
  let socket: Duplex | undefined
  const onAbort = () => socket?.destroy()
  limited.signal.addEventListener('abort', onAbort, { once: true })
  try {
    const line = await start((made) => {
      socket = made
    })
    if (!limited.signal.aborted) return line
    line.close()
    throw reasonOf(limited.signal)
  } catch (error) {
    throw limited.signal.aborted ? reasonOf(limited.signal) : error
  } finally {
    limited.signal.removeEventListener('abort', onAbort)
  }
}

/** Where bytes go that nobody wants. */
const WASTE = new Uint8Array(1024)
const NOWHERE: LineReader = { next: () => WASTE, filled: () => {} }

/** Hands received bytes to the reader, from whichever way of reading; after a throw nothing more. */
class ReaderBox {
  reader: LineReader
  onError: (error: unknown) => void = () => {}

  constructor(reader: LineReader) {
    this.reader = reader
  }

  readonly next = (): Uint8Array => {
    try {
      return this.reader.next()
    } catch (error) {
      this.#break(error)
      return WASTE
    }
  }

  readonly filled = (count: number): boolean => {
    try {
      this.reader.filled(count)
    } catch (error) {
      this.#break(error)
    }
    return true
  }

  listen(socket: Duplex): void {
    socket.on('data', (bytes: Buffer) => {
      for (let at = 0; at < bytes.length; ) {
        const room = this.next()
        const count = Math.min(room.length, bytes.length - at)
        room.set(bytes.subarray(at, at + count))
        this.filled(count)
        at += count
      }
    })
  }

  #break(error: unknown): void {
    this.reader = NOWHERE
    this.onError(error)
  }
}

class SocketLine implements PeerLine {
  readonly peerId: string
  readonly remoteAddress: string
  readonly address: string
  readonly road: Road
  readonly lost: Promise<ShoalError | undefined>
  readonly #socket: TLSSocket
  #error: ShoalError | undefined

  constructor(
    { socket, peerId }: SecureConnection,
    way: { readonly address: string; readonly road: Road },
    box: ReaderBox,
  ) {
    this.#socket = socket
    this.peerId = peerId
    this.remoteAddress = way.road === 'direct' ? plainHost(socket.remoteAddress) : ''
    this.address = way.address
    this.road = way.road
    this.lost = new Promise((resolve) => {
      if (socket.destroyed) resolve(undefined)
      socket.once('close', () => resolve(this.#error))
    })
    const note = (cause: unknown) => {
      this.#error ??= toShoalError(cause, 'UNAVAILABLE')
    }
    socket.on('error', note)
    // Whoever has nothing more to say has gone: there are no half-open lines.
    socket.once('end', () => socket.destroy())
    box.onError = (error) => {
      note(error)
      socket.destroy()
    }
  }

  write(bytes: Uint8Array, onWritten?: () => void): void {
    if (this.#socket.destroyed) return
    this.#socket.write(bytes, onWritten && ((error) => error || onWritten()))
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  close(): void {
    this.#socket.destroy()
  }
}
