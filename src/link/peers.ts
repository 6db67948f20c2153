import type { PeerCertificate, TLSSocket } from 'node:tls'

/** What is known of the other end of a connection that passed the identity check. */
export interface ProvedPeer {
  readonly peerId: string
  /** IP address without port; empty for a tunnelled link. */
  readonly remoteAddress: string
  /** 0 for a tunnelled link. */
  readonly remotePort: number
}

const proved = new WeakMap<PeerCertificate, ProvedPeer>()

/**
 * Ties the result of the identity check to the socket, so that `call.getAuthContext()` of grpc-js leads
 * back to it: grpc-js hands on the certificate of a socket that says it is authorized (as it is now, by the
 * own check), by asking the socket for it. The certificate object is made once and recognised by being that
 * very object; what was never checked is not found.
 */
export function rememberPeer(socket: TLSSocket, peer: ProvedPeer): void {
  const certificate = socket.getPeerCertificate()
  proved.set(certificate, peer)
  Object.defineProperty(socket, 'getPeerCertificate', { value: () => certificate })
  Object.defineProperty(socket, 'authorized', { value: true })
}

/** The peer behind a call's certificate; undefined when it was not proved. */
export function recallPeer(certificate: PeerCertificate | undefined): ProvedPeer | undefined {
  return certificate && proved.get(certificate)
}
