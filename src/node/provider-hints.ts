import type { Clock } from '../base/clock.ts'
import { mergeProviders } from '../discovery/hit-merge.ts'
import type { Provider } from '../discovery/locator.ts'

export interface ProviderHintOptions {
  /** Most CIDs; the one told longest ago goes first. Default 1000. */
  readonly maxCids: number
  /** Peers of one CID; those told last stay. Default 8, as many as a link has. */
  readonly maxPeers: number
  /** How long a CID's peers are kept after they were told last, ms. Default 24 h: addresses change. */
  readonly keepMs: number
}

export const DEFAULT_PROVIDER_HINT_OPTIONS: ProviderHintOptions = {
  maxCids: 1000,
  maxPeers: 8,
  keepMs: 24 * 3_600_000,
}

export interface ProviderHintsSetup {
  /** Own PeerId: never its own provider. */
  readonly self: string
  readonly clock: Clock
  readonly options?: Partial<ProviderHintOptions>
}

interface Hint {
  readonly atMs: number
  readonly peers: readonly Provider[]
}

/**
 * Who is said to have what, by links that somebody opened. Nobody is called because of it: it is told to whoever looks for providers
 * of that CID, and the link to a peer proves who it is.
 */
export class ProviderHints {
  readonly #setup: ProviderHintsSetup
  readonly #options: ProviderHintOptions
  /** By CID, told longest ago first. */
  readonly #hints = new Map<string, Hint>()

  constructor(setup: ProviderHintsSetup) {
    this.#setup = setup
    this.#options = { ...DEFAULT_PROVIDER_HINT_OPTIONS, ...setup.options }
  }

  /** Adds to what is known of `cid`; what is told now comes first. */
  remember(cid: string, peers: readonly Pick<Provider, 'peerId' | 'addresses'>[]): void {
    const others = peers.filter(({ peerId }) => peerId !== this.#setup.self)
    if (others.length === 0) return
    const told = others.map(({ peerId, addresses }) => ({ peerId, name: '', addresses }))
    const merged = mergeProviders(mergeProviders([], told), this.of(cid)).slice(0, this.#options.maxPeers)
    this.#hints.delete(cid)
    this.#hints.set(cid, { atMs: this.#setup.clock.monotonic(), peers: merged })
    if (this.#hints.size <= this.#options.maxCids) return
    const [oldest] = this.#hints.keys()
    this.#hints.delete(oldest!)
  }

  /** Who is said to have `cid`. */
  of(cid: string): readonly Provider[] {
    const hint = this.#hints.get(cid)
    if (!hint) return []
    if (this.#setup.clock.monotonic() - hint.atMs < this.#options.keepMs) return hint.peers
    this.#hints.delete(cid)
    return []
  }

  /** The same as a stream, as whoever looks for providers reads it. */
  async *providers(cid: string): AsyncGenerator<Provider, void, undefined> {
    yield* this.of(cid)
  }

  getDebugState(): Record<string, unknown> {
    return { cids: this.#hints.size }
  }
}
