import type { Duplex } from 'node:stream'
import { type ConnectionOptions, connect, type SecureContext, type TLSSocket } from 'node:tls'
import type { Clock } from '../base/clock.ts'
import { ShoalError, toShoalError } from '../base/errors.ts'
import type { HostPort } from './address.ts'
import { peerIdOfCertificate } from './certificate.ts'
import { makeKnock } from './knock.ts'
import { peerIdOfPrivateCertificate } from './private-certificate.ts'
import type { PrivateNetwork } from './private-network.ts'

/** What the client's side of one connection needs to prove itself and to check the other end. */
export interface SecureSetup {
  /** Own key and certificate. */
  readonly context: SecureContext
  /** Who must answer; undefined = whoever does. */
  readonly expectedPeerId: string | undefined
  readonly clock: Clock
  /** The network that both must be members of; undefined for the public one. */
  readonly network?: PrivateNetwork | undefined
  /** The application protocol to be spoken. */
  readonly alpn: string
}

/** A connection whose other end has proved who it is. */
export interface SecureConnection {
  readonly socket: TLSSocket
  readonly peerId: string
}

/** Where received bytes are put, so that they are not copied and nothing is left to the garbage collector. */
export interface OwnBuffer {
  /** Asked before each read. */
  readonly buffer: () => Uint8Array
  /** `bytes` of the buffer are filled. False: reads no more until the socket is resumed. */
  readonly callback: (bytes: number, buffer: Uint8Array) => boolean
}

/**
 * Makes TLS on an open connection (a TCP socket, or the stream of a tunnel) and checks who answers. The connection is destroyed when that fails.
 *
 * @throws ShoalError WRONG_IDENTITY, UNAUTHENTICATED, UNAVAILABLE, PERMISSION_DENIED (not on the network's list)
 */
export function secureOver(connection: Duplex, setup: SecureSetup): Promise<SecureConnection> {
  return secure(connection, setup, () => {
    if (setup.network) knock(connection, setup.network)
    return connect({ socket: connection, ...tlsOptions(setup) })
  })
}

/**
 * Connects to an address by TCP and TLS in one, which lets received bytes go into a buffer of the caller. Not for private networks, where
 * something has to be said before TLS begins. Errors as {@link secureOver}.
 */
export function secureTo(
  { host, port }: HostPort,
  own: OwnBuffer,
  setup: SecureSetup,
  onSocket: (socket: TLSSocket) => void,
): Promise<SecureConnection> {
  if (setup.network) throw new Error('a private network is knocked at first')
  return secure(undefined, setup, () => {
    // `onread` is documented and missing in the types.
    const options: ConnectionOptions & { onread: OwnBuffer } = {
      host,
      port,
      onread: own,
      ...tlsOptions(setup),
    }
    const socket = connect(options)
    socket.setNoDelay(true)
    onSocket(socket)
    return socket
  })
}

function tlsOptions({ context, alpn }: SecureSetup) {
  return {
    secureContext: context,
    ALPNProtocols: [alpn],
    // No CA knows these certificates; the key is compared in prove().
    rejectUnauthorized: false,
  }
}

async function secure(
  below: Duplex | undefined,
  setup: SecureSetup,
  start: () => TLSSocket,
): Promise<SecureConnection> {
  let socket: TLSSocket | undefined
  try {
    socket = start()
    await handshake(socket)
    const peerId = prove(socket, setup)
    setup.network?.admit(peerId, socket)
    return { socket, peerId }
  } catch (error) {
    socket?.destroy()
    below?.destroy()
    throw refusalOf(error, setup.network)
  }
}

function prove(socket: TLSSocket, { clock, network, expectedPeerId: expected, alpn }: SecureSetup): string {
  if (socket.getProtocol() !== 'TLSv1.3' || socket.alpnProtocol !== alpn)
    throw new ShoalError('UNAVAILABLE', `The other side does not speak ${alpn} over TLS 1.3.`)
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

function knock(connection: Duplex, { key }: PrivateNetwork): void {
  // Whoever is knocked at may cut the connection before TLS listens for that.
  connection.on('error', () => {})
  connection.write(makeKnock(key))
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

function handshake(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    // The error listener stays: a reset between here and the first use must not be an uncaught error.
    socket.on('error', (cause) =>
      reject(new ShoalError('UNAVAILABLE', `The TLS handshake failed: ${cause.message}`, { cause })),
    )
    socket.once('close', () =>
      reject(new ShoalError('UNAVAILABLE', 'The connection was closed during the TLS handshake.')),
    )
    socket.once('secureConnect', () => resolve())
  })
}
