import { hkdfSync, timingSafeEqual } from 'node:crypto'
import { ShoalError } from '../base/errors.ts'
import { type Random, systemRandom } from '../base/random.ts'
import { decodeNetworkText, encodeNetworkText, NETWORK_SECRET_BYTES } from './network-text.ts'

/** A label for people that travels with the key; no shell and no URL needs to quote it. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/

/** What a key is derived for. Each use has its own, so that none tells anything of another. */
export type KeyPurpose = 'knock' | 'certificate' | 'id' | 'fingerprint' | 'pnet'

/**
 * The secret that the members of a private network share, and its name. The secret itself stays inside: it is in no property, so no
 * log line shows it.
 */
export class NetworkKey {
  /** 1 to 32 letters, digits, `.`, `_`, `-`. Not secret, and not part of what proves membership. */
  readonly name: string
  readonly #secret: Uint8Array
  readonly #derived = new Map<KeyPurpose, Uint8Array>()

  /** @throws ShoalError INVALID_ARGUMENT for a name or a secret that cannot be */
  constructor(name: string, secret: Uint8Array) {
    if (!NAME.test(name))
      throw new ShoalError(
        'INVALID_ARGUMENT',
        'The name of a network is 1 to 32 letters, digits, dots, dashes or underscores, and begins with a letter or digit.',
      )
    if (secret.length !== NETWORK_SECRET_BYTES)
      throw new ShoalError(
        'INVALID_ARGUMENT',
        `A network key has ${NETWORK_SECRET_BYTES} bytes, this one ${secret.length}.`,
      )
    this.name = name
    this.#secret = Uint8Array.from(secret)
  }

  /** The key of a new network. */
  static create(name: string, random: Random = systemRandom): NetworkKey {
    return new NetworkKey(name, random.bytes(NETWORK_SECRET_BYTES))
  }

  /**
   * The key in a text as {@link text} makes it; case, spaces, line ends and dashes in the key are passed over.
   *
   * @throws ShoalError INVALID_ARGUMENT that says what is wrong, without repeating the text
   */
  static parse(text: string): NetworkKey {
    const { name, secret } = decodeNetworkText(text)
    return new NetworkKey(name, secret)
  }

  /** The text by which others join. A secret. */
  text(): string {
    return encodeNetworkText(this.name, this.#secret)
  }

  /** Tells networks apart without giving the key away: `1A2B-3C4D-5E6F-7A8B`. The same for every name. */
  get fingerprint(): string {
    const hex = Buffer.from(this.derive('fingerprint')).toString('hex', 0, 8).toUpperCase()
    return hex.match(/.{4}/g)!.join('-')
  }

  /** 32 bytes for one use (HKDF-SHA256, RFC 5869). */
  derive(purpose: KeyPurpose): Uint8Array {
    let key = this.#derived.get(purpose)
    if (!key) {
      key = new Uint8Array(hkdfSync('sha256', this.#secret, '', `shoal-network v1: ${purpose}`, 32))
      this.#derived.set(purpose, key)
    }
    return key
  }

  /** Whether both are keys of one network. */
  equals(other: NetworkKey): boolean {
    return timingSafeEqual(this.#secret, other.#secret)
  }
}
