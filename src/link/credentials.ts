import type { Socket } from 'node:net'
import { connect, type SecureContext, type TLSSocket } from 'node:tls'
import { CallCredentials, ChannelCredentials, type experimental } from '@grpc/grpc-js'
import type { Clock } from '../base/clock.ts'
import { ShoalError, toShoalError } from '../base/errors.ts'
import { peerIdOfCertificate } from './certificate.ts'
import { makeKnock } from './knock.ts'
import { peerIdOfPrivateCertificate } from './private-certificate.ts'
import type { PrivateNetwork } from './private-network.ts'
import { ALPN } from './tls.ts'

type SecureConnector = experimental.SecureConnector
type SecureConnectResult = experimental.SecureConnectResult

/** What the credentials of one connection need and tell. */
export interface IdentityCheck {
  /** Own key and certificate. */
  context: SecureContext
  /** Who must answer; undefined = whoever does. */
  expectedPeerId: string | undefined
  clock: Clock
  /** The network that both must be members of; undefined for the public one. */
  network?: PrivateNetwork | undefined
  /** The other end has proved to be `peerId`. */
  onProved(peerId: string, socket: TLSSocket): void
  /** The other end was refused, or the handshake failed. */
  onRefused(error: ShoalError): void
}

/**
 * Channel credentials that make the TLS connection themselves and give it to gRPC only when the other
 * end's key is the one expected. A check in `checkServerIdentity` would not do: Node skips it for a
 * self-signed certificate when `rejectUnauthorized` is off.
 */
export class IdentityCredentials extends ChannelCredentials {
  readonly #check: IdentityCheck

  constructor(check: IdentityCheck) {
    super()
    this.#check = check
  }

  override _isSecure(): boolean {
    return true
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other
  }

  override _createSecureConnector(): SecureConnector {
    return {
      connect: (socket) => this.#connect(socket),
      waitForReady: () => Promise.resolve(),
      getCallCredentials: () => CallCredentials.createEmpty(),
      destroy: () => {},
    }
  }

  async #connect(tcp: Socket): Promise<SecureConnectResult> {
    const { context, network } = this.#check
    try {
      if (network) knock(tcp, network)
      const socket = await handshake(tcp, context)
      const peerId = this.#prove(socket)
      network?.admit(peerId, socket)
      this.#check.onProved(peerId, socket)
      return { socket, secure: true }
    } catch (error) {
      tcp.destroy()
      const refusal = refusalOf(error, network)
      this.#check.onRefused(refusal)
      throw refusal
    }
  }

  #prove(socket: TLSSocket): string {
    if (socket.getProtocol() !== 'TLSv1.3' || socket.alpnProtocol !== ALPN)
      throw new ShoalError('UNAVAILABLE', 'The other side does not speak HTTP/2 over TLS 1.3.')
    const { clock, network, expectedPeerId: expected } = this.#check
    const certificate = socket.getPeerX509Certificate()
    const peerId = network
      ? peerIdOfPrivateCertificate(certificate, clock.now(), network.key)
      : peerIdOfCertificate(certificate, clock.now())
    if (expected !== undefined && peerId !== expected)
      throw new ShoalError('WRONG_IDENTITY', `${expected} was expected, ${peerId} answered.`, {
        details: { expected, answered: peerId },
      })
    return peerId
  }
}

function knock(tcp: Socket, { key }: PrivateNetwork): void {
  // Whoever is knocked at may cut the connection before TLS listens for that.
  tcp.on('error', () => {})
  tcp.write(makeKnock(key))
}

/** In a private network nobody says why: a member tells its own user what it may mean. */
function refusalOf(error: unknown, network: PrivateNetwork | undefined): ShoalError {
  const refusal = toShoalError(error, 'UNAVAILABLE')
  if (!network || refusal.code !== 'UNAVAILABLE') return refusal
  return new ShoalError(
    'UNAVAILABLE',
    `It did not answer as a member of the network "${network.name}" does: it belongs to another network, or to none. (${refusal.message})`,
    { cause: refusal },
  )
}

function handshake(tcp: Socket, secureContext: SecureContext): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      socket: tcp,
      secureContext,
      ALPNProtocols: [ALPN],
      // No CA knows these certificates; the key is compared in #prove.
      rejectUnauthorized: false,
    })
    // The error listener stays: a reset between here and HTTP/2 must not be an uncaught error.
    socket.on('error', (cause) =>
      reject(new ShoalError('UNAVAILABLE', `The TLS handshake failed: ${cause.message}`, { cause })),
    )
    socket.once('close', () =>
      reject(new ShoalError('UNAVAILABLE', 'The connection was closed during the TLS handshake.')),
    )
    socket.once('secureConnect', () => resolve(socket))
  })
}
