import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { experimental } from '@grpc/grpc-js'
import { type IdentityCheck, IdentityCredentials } from './credentials.ts'

/** Credentials whose TLS goes through the stream of a tunnel; the socket that grpc-js connected is put away. */
export class TunnelCredentials extends IdentityCredentials {
  readonly #stream: Duplex

  constructor(check: IdentityCheck, stream: Duplex) {
    super(check)
    this.#stream = stream
  }

  override _createSecureConnector(): experimental.SecureConnector {
    const connector = super._createSecureConnector()
    return {
      ...connector,
      connect: (socket) => {
        socket.destroy()
        // TLS takes any Duplex; the type is grpc-js's.
        return connector.connect(this.#stream as Socket)
      },
    }
  }
}
