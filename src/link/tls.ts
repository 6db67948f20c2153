import { X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import type { Clock } from '../base/clock.ts'
import { CERTIFICATE_RENEW_BEFORE_MS, selfSignedCertificate } from './certificate.ts'
import type { Identity } from './identity.ts'

/** The one application protocol that is spoken on a link. */
export const ALPN = 'h2'

/** The identity's certificate, made anew when half of its life is over. */
export class CertificateSource {
  readonly #identity: Identity
  readonly #clock: Clock
  #certificatePem: string
  #notAfterMs: number
  #context: SecureContext | undefined

  constructor(identity: Identity, clock: Clock) {
    this.#identity = identity
    this.#clock = clock
    this.#certificatePem = identity.certificatePem
    this.#notAfterMs = notAfterMs(identity.certificatePem)
  }

  /** Makes a new certificate if it is time; true when it did. */
  renew(): boolean {
    const now = this.#clock.now()
    if (this.#notAfterMs - now > CERTIFICATE_RENEW_BEFORE_MS) return false
    this.#certificatePem = selfSignedCertificate(this.#identity, now)
    this.#notAfterMs = notAfterMs(this.#certificatePem)
    this.#context = undefined
    return true
  }

  /** What `tls` needs of it: TLS 1.3 and nothing older, this key, this certificate. */
  options(): SecureContextOptions {
    return {
      minVersion: 'TLSv1.3',
      maxVersion: 'TLSv1.3',
      key: this.#identity.keyPem,
      cert: this.#certificatePem,
    }
  }

  /** A ready context for clients, shared until the certificate changes. */
  context(): SecureContext {
    this.renew()
    this.#context ??= createSecureContext(this.options())
    return this.#context
  }

  /** When the present certificate ends, ms since the Unix epoch. */
  get expiresMs(): number {
    return this.#notAfterMs
  }
}

function notAfterMs(pem: string): number {
  return new X509Certificate(pem).validToDate.getTime()
}
