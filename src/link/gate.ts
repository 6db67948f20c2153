import { createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls'
import { type Clock, every, type Timer } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import { type HostPort, plainHost } from './address.ts'
import { Admission } from './admission.ts'
import { peerIdOfCertificate } from './certificate.ts'
import type { Identity } from './identity.ts'
import { KnockRoom } from './knock-room.ts'
import { type ListenOptions, listen } from './listen.ts'
import { type ProvedPeer, rememberPeer } from './peers.ts'
import { peerIdOfPrivateCertificate } from './private-certificate.ts'
import type { PrivateNetwork } from './private-network.ts'
import type { LinkServerOptions } from './server-options.ts'
import { ALPN, CertificateSource } from './tls.ts'

const RENEWAL_CHECK_MS = 6 * 3_600_000

/** What the gate needs. */
export interface GateContext {
  identity: Identity
  clock: Clock
  log: Logger
  options: Required<LinkServerOptions>
  /** Only its members come in; undefined for the public network. */
  network?: PrivateNetwork | undefined
  /** Takes over a connection whose peer is proved, to speak gRPC. */
  onPeer(socket: TLSSocket, peer: ProvedPeer): void
  /** What else may be spoken, by ALPN: who takes over such a connection; undefined for what is not spoken here. */
  lineTaker(alpn: string): ((socket: TLSSocket, peer: ProvedPeer) => void) | undefined
}

/**
 * The way in: accepts TCP connections (and tunnelled ones), makes the TLS handshake, and lets through
 * only those whose other end has proved a PeerId. Everything else is closed before a byte of HTTP/2 is
 * read. In a private network whoever comes has to knock before TLS begins; until then not a byte is sent.
 */
export class Gate {
  readonly #context: GateContext
  readonly #certificates: CertificateSource
  readonly #admission: Admission
  readonly #knocking: KnockRoom | undefined
  readonly #tls: TlsServer
  readonly #tcp: Server
  #sockets = new Set<Duplex>()
  #renewal: Timer | undefined
  #closed: Promise<void> = Promise.resolve()
  #turnedAway = 0
  #refused = 0

  constructor(context: GateContext) {
    this.#context = context
    const { clock, network } = context
    this.#certificates = new CertificateSource(context.identity, clock, network)
    this.#admission = new Admission(context.options)
    if (network)
      this.#knocking = new KnockRoom({
        key: network.key,
        clock,
        timeoutMs: context.options.handshakeTimeoutMs,
        onKnock: (connection) => this.#handshake(connection),
        onRefused: (connection) => this.#refuse(connection, 'it did not knock as a member does'),
      })
    this.#tls = createTlsServer({
      ...this.#certificates.options(),
      // Undefined ends the handshake with the alert no_application_protocol.
      ALPNCallback: ({ protocols }) =>
        protocols.find((each) => each === ALPN || context.lineTaker(each) !== undefined),
      requestCert: true,
      // Nobody's CA is asked; what a certificate is worth is judged in #check.
      rejectUnauthorized: false,
      handshakeTimeout: context.options.handshakeTimeoutMs,
    })
    this.#tls.on('secureConnection', (socket) => this.#check(socket))
    this.#tls.on('tlsClientError', (error, socket) => this.#refuse(socket, error))
    this.#tcp = createServer({ noDelay: true }, (socket) => this.admit(socket))
  }

  async listen(options: ListenOptions): Promise<HostPort> {
    const bound = await listen(this.#tcp, options)
    this.#tcp.on('error', (error) => this.#context.log.error({ err: error }, 'listening failed'))
    this.#renewal = every(this.#context.clock, RENEWAL_CHECK_MS, () => this.#renew())
    return bound
  }

  /** Takes a connection that is not encrypted yet: a TCP socket, or the stream of a tunnel. */
  admit(connection: Duplex): void {
    this.#sockets.add(connection)
    connection.once('close', () => this.#sockets.delete(connection))
    // TLS reports what goes wrong; without a listener an early reset would end the process.
    connection.on('error', () => {})
    if (this.#knocking) this.#knocking.wait(connection)
    else this.#handshake(connection)
  }

  /** Takes no more connections. Those that are inside stay. */
  close(): void {
    this.#renewal?.cancel()
    if (this.#tcp.listening) this.#closed = new Promise((resolve) => this.#tcp.close(() => resolve()))
  }

  /** Resolves when the last connection is gone, by itself. */
  async empty(): Promise<void> {
    await this.#closed
    await Promise.all([...this.#sockets].map(gone))
  }

  /** Cuts all connections, and resolves when they are gone. */
  async cut(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await this.empty()
  }

  getDebugState(): Record<string, unknown> {
    const { network } = this.#context
    return {
      ...(network && { network: network.getDebugState(), knocking: this.#knocking?.size }),
      connections: this.#admission.total,
      turnedAway: this.#turnedAway,
      refused: this.#refused,
      certificateExpires: new Date(this.#certificates.expiresMs).toISOString(),
    }
  }

  #handshake(connection: Duplex): void {
    const leave = this.#admission.enter((connection as Socket).remoteAddress ?? '')
    if (!leave) {
      this.#turnedAway++
      connection.destroy()
      return
    }
    connection.once('close', leave)
    this.#tls.emit('connection', connection)
  }

  #check(socket: TLSSocket): void {
    socket.on('error', () => {})
    const { clock, network } = this.#context
    try {
      const alpn = socket.alpnProtocol || ''
      const takeLine = this.#context.lineTaker(alpn)
      if (alpn !== ALPN && !takeLine) throw new ShoalError('UNAUTHENTICATED', 'It does not speak h2.')
      const certificate = socket.getPeerX509Certificate()
      const peer = {
        peerId: network
          ? peerIdOfPrivateCertificate(certificate, clock.now(), network.key)
          : peerIdOfCertificate(certificate, clock.now()),
        remoteAddress: plainHost(socket.remoteAddress),
        remotePort: socket.remotePort ?? 0,
      }
      network?.admit(peer.peerId, socket)
      if (takeLine) takeLine(socket, peer)
      else {
        rememberPeer(socket, peer)
        this.#context.onPeer(socket, peer)
      }
    } catch (error) {
      this.#refuse(socket, error)
    }
  }

  #refuse(connection: Duplex, why: unknown): void {
    this.#refused++
    const { remoteAddress } = connection as Socket
    // Strangers may come as often as they like; somebody who has the key and is not on the list is worth a line.
    const level = why instanceof ShoalError && why.code === 'PERMISSION_DENIED' ? 'info' : 'debug'
    this.#context.log[level]({ err: why, remoteAddress }, 'connection refused')
    connection.destroy()
  }

  #renew(): void {
    if (!this.#certificates.renew()) return
    this.#tls.setSecureContext(this.#certificates.options())
    this.#context.log.info('made a new certificate')
  }
}

function gone(socket: Duplex): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()))
}
