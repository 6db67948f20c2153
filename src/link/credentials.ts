import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { CallCredentials, ChannelCredentials, type experimental } from '@grpc/grpc-js'
import { type ShoalError, toShoalError } from '../base/errors.ts'
import { type SecureSetup, secureOver } from './secure.ts'

type SecureConnector = experimental.SecureConnector
type SecureConnectResult = experimental.SecureConnectResult

/** What the credentials of one connection need and tell. */
export interface IdentityCheck extends SecureSetup {
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
    try {
      const { socket, peerId } = await secureOver(tcp, this.#check)
      this.#check.onProved(peerId, socket)
      return { socket, secure: true }
    } catch (error) {
      const refusal = toShoalError(error, 'UNAVAILABLE')
      this.#check.onRefused(refusal)
      throw refusal
    }
  }
}
