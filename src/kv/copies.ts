import type { Clock } from '../base/clock.ts'
import type { ValueHead } from './order.ts'

/** Peers that are told apart. */
const MAX_PEERS = 20_000

interface Known {
  version: number
  expiresMs: number
  /** First 48 bits of the value's SHA-256. */
  tag: number
  sinceMs: number
  /** Numbers of peers: the same text 100,000 times would take a hundred times the memory. */
  peers: number[]
}

/**
 * Which peers are known to have the present record of a key, by their own word or because they sent it. What is known of a key is
 * void when its record changes, and after `forgetMs`, so that a peer that lost it is asked again.
 *
 * When there is no more room everything is forgotten: it costs one round of questions.
 */
export class Copies {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #forgetMs: number
  readonly #maxKeys: number
  readonly #byKey = new Map<string, Known>()
  readonly #numbers = new Map<string, number>()

  constructor(clock: Pick<Clock, 'monotonic'>, { forgetMs, maxKeys }: { forgetMs: number; maxKeys: number }) {
    this.#clock = clock
    this.#forgetMs = forgetMs
    this.#maxKeys = maxKeys
  }

  get size(): number {
    return this.#byKey.size
  }

  /** A peer has this very record. */
  note(head: ValueHead, peerId: string): void {
    const number = this.#numberOf(peerId)
    let known = this.#current(head)
    if (!known) {
      if (this.#byKey.size >= this.#maxKeys) this.#byKey.clear()
      const { version, expiresMs } = head
      known = { version, expiresMs, tag: tagOf(head), sinceMs: this.#clock.monotonic(), peers: [] }
      this.#byKey.set(head.key, known)
    }
    if (!known.peers.includes(number)) known.peers.push(number)
  }

  /** Whether a peer is known to have this very record. */
  has(head: ValueHead, peerId: string): boolean {
    const number = this.#numbers.get(peerId)
    return number !== undefined && this.#current(head)?.peers.includes(number) === true
  }

  /** Forgets of a key all peers but these. */
  keepOnly(head: ValueHead, peerIds: readonly string[]): void {
    const known = this.#current(head)
    if (!known || known.peers.length === 0) return
    const numbers = peerIds.map((peerId) => this.#numbers.get(peerId))
    known.peers = known.peers.filter((number) => numbers.includes(number))
  }

  forget(key: string): void {
    this.#byKey.delete(key)
  }

  #current(head: ValueHead): Known | undefined {
    const known = this.#byKey.get(head.key)
    if (!known) return undefined
    const isSame =
      known.version === head.version && known.expiresMs === head.expiresMs && known.tag === tagOf(head)
    if (isSame && this.#clock.monotonic() - known.sinceMs < this.#forgetMs) return known
    this.#byKey.delete(head.key)
    return undefined
  }

  #numberOf(peerId: string): number {
    let number = this.#numbers.get(peerId)
    if (number === undefined) {
      if (this.#numbers.size >= MAX_PEERS) {
        this.#numbers.clear()
        this.#byKey.clear()
      }
      number = this.#numbers.size
      this.#numbers.set(peerId, number)
    }
    return number
  }
}

const tagOf = ({ valueSha256: { buffer, byteOffset } }: ValueHead): number =>
  Buffer.from(buffer, byteOffset, 6).readUIntBE(0, 6)
