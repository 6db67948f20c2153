import type { AbortOptions, ConnectionProtector, Logger, MultiaddrConnection } from '@libp2p/interface'
import { AbstractMultiaddrConnection, byteStream } from '@libp2p/utils'
import { KeyStream } from './key-stream.ts'

const NONCE_BYTES = 24
/** The other side has to say its nonce within this, ms. */
const NONCE_MS = 10_000

/** What is sent in one go. */
type Chunk = Parameters<AbstractMultiaddrConnection['sendData']>[0]

/**
 * Private networks of libp2p (https://github.com/libp2p/specs/blob/master/pnet/Private-Networks-PSK-V1.md): each side says a nonce, and all that
 * follows is XORed with XSalsa20 under the shared key. In place of @libp2p/pnet, whose cipher (xsalsa20 1.2) has one memory for all connections:
 * each time it grows for one it is lost for the others, which then grow it again, until the process dies.
 *
 * @param key 32 bytes
 */
export function privateNetwork(key: Uint8Array): () => ConnectionProtector {
  return () => ({
    async protect(connection: MultiaddrConnection, options?: AbortOptions): Promise<MultiaddrConnection> {
      const given = options?.signal ? options : { signal: AbortSignal.timeout(NONCE_MS) }
      const local = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
      const bytes = byteStream(connection)
      const [remote] = await Promise.all([
        bytes.read({ ...given, bytes: NONCE_BYTES }),
        bytes.write(local, given),
      ])
      return new ProtectedConnection(bytes.unwrap(), {
        log: connection.log,
        outbound: new KeyStream(key, local),
        inbound: new KeyStream(key, remote.subarray()),
      })
    },
  })
}

interface Protection {
  readonly log: Logger
  readonly outbound: KeyStream
  readonly inbound: KeyStream
}

class ProtectedConnection extends AbstractMultiaddrConnection {
  readonly #inner: MultiaddrConnection
  readonly #outbound: KeyStream

  constructor(inner: MultiaddrConnection, { log, outbound, inbound }: Protection) {
    super({ remoteAddr: inner.remoteAddr, direction: inner.direction, log })
    this.#inner = inner
    this.#outbound = outbound
    inner.addEventListener('message', ({ data }) => {
      try {
        this.onData(inbound.xor(data.subarray()))
      } catch (error) {
        this.abort(error as Error)
      }
    })
    inner.addEventListener('drain', () => this.onMuxerDrain())
    inner.addEventListener('close', ({ error, local }) => {
      if (!error) this.onTransportClosed()
      else if (local) this.abort(error)
      else this.onRemoteReset()
    })
  }

  override sendData(data: Chunk): { sentBytes: number; canSendMore: boolean } {
    const canSendMore = this.#inner.send(this.#outbound.xor(data.subarray()))
    return { sentBytes: data.byteLength, canSendMore }
  }

  override async sendClose(options?: AbortOptions): Promise<void> {
    await this.#inner.close(options)
  }

  override sendReset(error: Error): void {
    this.#inner.abort(error)
  }

  override sendPause(): void {
    this.#inner.pause()
  }

  override sendResume(): void {
    this.#inner.resume()
  }
}
