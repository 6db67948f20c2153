import type { Clock } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import { isPeerId, verify } from '../link/identity.ts'

/** What is signed: this and the nonce. It makes the signature good for nothing else. */
export const LOGIN_PREFIX = 'shoal-index-login:'

const LIFETIME_MS = 60_000
const MAX_OPEN = 10_000

/**
 * Proofs of identity for callers without a TLS certificate: a nonce is handed out, and comes back signed with the key of the
 * PeerId. A nonce serves once, for one PeerId, for a minute. It begins with the server's own PeerId, so that a client that
 * looks can tell a nonce that another server passes on in order to log in here in its name.
 */
export class Challenges {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #random: Random
  readonly #serverPeerId: string
  /** In order of issue; the oldest goes when there are too many. */
  readonly #open = new Map<string, { readonly peerId: string; readonly untilMs: number }>()

  constructor({
    clock,
    random,
    serverPeerId,
  }: { clock: Pick<Clock, 'monotonic'>; random: Random; serverPeerId: string }) {
    this.#clock = clock
    this.#random = random
    this.#serverPeerId = serverPeerId
  }

  /** A new nonce for `peerId`, text. @throws ShoalError INVALID_ARGUMENT when that is no PeerId */
  issue(peerId: string): { nonce: string; expiresInMs: number } {
    if (!isPeerId(peerId))
      throw new ShoalError('INVALID_ARGUMENT', 'This is not the PeerId of an Ed25519 key.')
    if (this.#open.size >= MAX_OPEN) this.#open.delete(this.#open.keys().next().value!)
    const nonce = `${this.#serverPeerId}:${Buffer.from(this.#random.bytes(32)).toString('base64url')}`
    this.#open.set(nonce, { peerId, untilMs: this.#clock.monotonic() + LIFETIME_MS })
    return { nonce, expiresInMs: LIFETIME_MS }
  }

  /**
   * Takes a nonce back; it is used up whatever the outcome.
   *
   * @param signature Ed25519 over {@link LOGIN_PREFIX} and the nonce, 64 bytes
   * @throws ShoalError UNAUTHENTICATED when the nonce is unknown, used, too old or another peer's, or the signature is not right
   */
  redeem({ peerId, nonce, signature }: { peerId: string; nonce: string; signature: Uint8Array }): void {
    const challenge = this.#open.get(nonce)
    this.#open.delete(nonce)
    if (!challenge || challenge.peerId !== peerId || challenge.untilMs < this.#clock.monotonic()) {
      throw new ShoalError(
        'UNAUTHENTICATED',
        'The nonce is unknown, used or too old. Ask for a new challenge.',
      )
    }
    if (!verify(peerId, Buffer.from(LOGIN_PREFIX + nonce), signature)) {
      throw new ShoalError('UNAUTHENTICATED', 'The signature does not prove this PeerId.')
    }
  }
}
