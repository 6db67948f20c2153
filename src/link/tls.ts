import { X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import type { Clock } from '../base/clock.ts'
import { CERTIFICATE_RENEW_BEFORE_MS, selfSignedCertificate } from './certificate.ts'
import type { Identity } from './identity.ts'
import { type KeyAndCertificate, privateCertificate } from './private-certificate.ts'
import type { PrivateNetwork } from './private-network.ts'

/** The application protocol of gRPC. */
export const ALPN = 'h2'

/**
 * The name by which a protocol is asked for. In a private network nobody is to see from a handshake what is spoken: there are two protocols, and they have
 * the names of what everybody speaks.
 */
export function wireAlpn(alpn: string, isPrivate: boolean): string {
  return isPrivate && alpn !== ALPN ? 'http/1.1' : alpn
}

/** Those of TLS 1.3 (RFC 8446, 9.1), best first. AES-128, which every implementation must have, is a sixth faster than AES-256. */
const CIPHERS = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256'

/** The identity's certificate, or the one that it shows in a private network; made anew when half of its life is over. */
export class CertificateSource {
  readonly #identity: Identity
  readonly #clock: Clock
  readonly #network: PrivateNetwork | undefined
  #shown: KeyAndCertificate
  #notAfterMs: number
  #context: SecureContext | undefined

  constructor(identity: Identity, clock: Clock, network?: PrivateNetwork) {
    this.#identity = identity
    this.#clock = clock
    this.#network = network
    this.#shown = network ? this.#make(clock.now()) : identity
    this.#notAfterMs = notAfterMs(this.#shown.certificatePem)
  }

  /** Makes a new certificate if it is time; true when it did. */
  renew(): boolean {
    const now = this.#clock.now()
    if (this.#notAfterMs - now > CERTIFICATE_RENEW_BEFORE_MS) return false
    this.#shown = this.#make(now)
    this.#notAfterMs = notAfterMs(this.#shown.certificatePem)
    this.#context = undefined
    return true
  }

  /** What `tls` needs of it: TLS 1.3 and nothing older, this key, this certificate. */
  options(): SecureContextOptions {
    return {
      minVersion: 'TLSv1.3',
      maxVersion: 'TLSv1.3',
      ciphers: CIPHERS,
      key: this.#shown.keyPem,
      cert: this.#shown.certificatePem,
    }
  }

  /** A ready context for clients, shared until the certificate changes. */
  context(): SecureContext {
    this.renew()
    this.#context ??= createSecureContext(this.options())
    return this.#context
  }

  #make(nowMs: number): KeyAndCertificate {
    if (this.#network) return privateCertificate(this.#identity, this.#network.key, nowMs)
    return { keyPem: this.#identity.keyPem, certificatePem: selfSignedCertificate(this.#identity, nowMs) }
  }

  /** When the present certificate ends, ms since the Unix epoch. */
  get expiresMs(): number {
    return this.#notAfterMs
  }
}

function notAfterMs(pem: string): number {
  return new X509Certificate(pem).validToDate.getTime()
}
