import { every } from '../base/clock.ts'
import { type ErrorCode, ShoalError, toShoalError } from '../base/errors.ts'
import { abortable, type LinkedSignal, linkSignals } from '../base/signals.ts'
import { cidToBytes } from '../content/cid.ts'
import { type Manifest, type ManifestLimits, readManifest } from '../content/manifest.ts'
import { Candidates } from './candidates.ts'
import type { TransferContext } from './context.ts'
import { endedByPeer } from './line/call-wire.ts'
import type { Provider } from './ports.ts'
import { type ProviderFeed, patienceMs } from './provider-feed.ts'
import { endingOf, SourceFault } from './source-fault.ts'

export interface ResolvedManifest {
  readonly manifest: Manifest
  /** The nodes it was read from, in their order. */
  readonly nodes: Uint8Array[]
}

/** Providers asked at once. The first starts alone; another joins after each pause that brings no answer. */
const MAX_ATTEMPTS = 3
const HEDGE_MS = 1000
const TICK_MS = 100

/** What is wrong with the content itself: no other provider can help. */
const HOPELESS: ReadonlySet<ErrorCode> = new Set(['NOT_IMPLEMENTED', 'TOO_LARGE', 'INVALID_CID'])

/** Gets the manifest of one CID from whoever answers first with the right one. */
export class ManifestFetch {
  readonly #context: TransferContext
  readonly #cid: string
  readonly #limits: Partial<ManifestLimits>
  readonly #feeds: readonly ProviderFeed[]
  readonly #candidates: Candidates
  readonly #attempts = new Map<string, { linked: LinkedSignal; done: Promise<void>; lastNodeMs: number }>()
  readonly #result = Promise.withResolvers<ResolvedManifest>()
  #signal: AbortSignal | undefined
  #hedgeAtMs = 0

  /** @param limits smaller ones than usual */
  constructor(
    context: TransferContext,
    cid: string,
    feeds: readonly ProviderFeed[],
    limits: Partial<ManifestLimits> = {},
  ) {
    this.#context = context
    this.#cid = cid
    this.#limits = limits
    this.#feeds = feeds
    this.#candidates = new Candidates(context.options, context.random, context.health)
  }

  dropped(): { peerId: string; reason: string }[] {
    return this.#candidates.dropped()
  }

  /**
   * @throws NO_PROVIDERS when nobody gave it in time ({@link patienceMs}); NOT_IMPLEMENTED, TOO_LARGE for content that Shoal does not take;
   * the signal's reason
   */
  async run(signal: AbortSignal): Promise<ResolvedManifest> {
    const { clock, options } = this.#context
    using linked = linkSignals(signal)
    this.#signal = linked.signal
    const startedMs = clock.monotonic()
    const offs = this.#feeds.map((feed) =>
      feed.found.on((provider) => {
        if (this.#candidates.offer(provider)) this.#ask()
      }),
    )
    const tick = every(clock, TICK_MS, () => {
      const nowMs = clock.monotonic()
      for (const attempt of this.#attempts.values()) {
        if (nowMs - attempt.lastNodeMs > options.manifestTimeoutMs)
          attempt.linked.abort(new ShoalError('TIMED_OUT', 'no manifest in time'))
      }
      if (this.#attempts.size === 0) for (const feed of this.#feeds) feed.hurry()
      this.#ask()
      if (nowMs - startedMs > patienceMs(this.#feeds, options)) this.#result.reject(this.#nobody())
    })
    try {
      for (const feed of this.#feeds) for (const provider of feed.known) this.#candidates.offer(provider)
      this.#ask()
      return await abortable(this.#result.promise, signal)
    } finally {
      tick.cancel()
      for (const off of offs) off()
      linked.abort()
      await Promise.all([...this.#attempts.values()].map(({ done }) => done))
    }
  }

  #ask(): void {
    const nowMs = this.#context.clock.monotonic()
    if (this.#signal?.aborted || this.#attempts.size >= MAX_ATTEMPTS) return
    if (this.#attempts.size > 0 && nowMs < this.#hedgeAtMs) return
    const [provider] = this.#candidates.take(1, nowMs)
    if (!provider) return
    this.#hedgeAtMs = nowMs + HEDGE_MS
    const linked = linkSignals(this.#signal)
    const done = this.#attempt(provider, linked)
    this.#attempts.set(provider.peerId, { linked, done, lastNodeMs: nowMs })
  }

  /** Never rejects. */
  async #attempt(provider: Provider, linked: LinkedSignal): Promise<void> {
    const { clock, health, log } = this.#context
    const { peerId } = provider
    // Not within the call that starts it: its entry must be there first.
    await Promise.resolve()
    try {
      this.#result.resolve(await this.#readFrom(provider, linked.signal))
      health.reached(peerId)
      this.#candidates.ended(peerId, { kind: 'closed' }, clock.monotonic())
    } catch (thrown) {
      const error = toShoalError(linked.signal.aborted ? linked.signal.reason : thrown)
      const ending = endingOf(error)
      const nowMs = clock.monotonic()
      this.#candidates.ended(peerId, ending, nowMs)
      if (HOPELESS.has(error.code) && !(error instanceof SourceFault)) this.#result.reject(error)
      if (ending.kind === 'banned') {
        health.ban(peerId, ending.reason, nowMs)
        log.warn({ peerId, cid: this.#cid, reason: ending.reason }, 'source banned')
      } else if (ending.kind === 'failed') health.unreachable(peerId, nowMs)
    } finally {
      linked[Symbol.dispose]()
      this.#attempts.delete(peerId)
      this.#hedgeAtMs = 0
      this.#ask()
    }
  }

  /** @throws SourceFault for wrong nodes; what the link said */
  async #readFrom(provider: Provider, signal: AbortSignal): Promise<ResolvedManifest> {
    const nodes: Uint8Array[] = []
    let lineError: unknown
    const client = this.#context.connect(provider)
    const { clock, channels } = this.#context
    // Where a link is: who has the manifest has blocks too, and the line for them takes as long to open as the manifest to come.
    if (client.road?.() !== undefined) channels.warm?.(provider)
    const attempt = () => this.#attempts.get(provider.peerId)
    async function* received(cid: Uint8Array): AsyncGenerator<Uint8Array> {
      try {
        for await (const { node } of client.getManifest({ cid }, { signal })) {
          const entry = attempt()
          if (entry) entry.lastNodeMs = clock.monotonic()
          nodes.push(node)
          yield node
        }
      } catch (error) {
        lineError = error
        throw error
      }
    }
    try {
      const manifest = await readManifest(this.#cid, received(cidToBytes(this.#cid)), {
        ...this.#limits,
        signal,
      })
      return { manifest, nodes }
    } catch (error) {
      if (lineError !== undefined || signal.aborted) {
        const said = signal.aborted ? toShoalError(error) : endedByPeer(lineError)
        // What a peer says about the content is hearsay.
        throw HOPELESS.has(said.code) ? new ShoalError('UNAVAILABLE', said.message, { cause: said }) : said
      }
      const found = toShoalError(error)
      if (found.code === 'BAD_BLOCK' || found.code === 'BAD_RESPONSE') {
        throw new SourceFault(found.code, `wrong manifest: ${found.message}`)
      }
      throw found
    }
  }

  #nobody(): ShoalError {
    const problem = this.#feeds.map((feed) => feed.problem).find((each) => each !== undefined)
    const message =
      this.#candidates.size > 0
        ? `None of ${this.#candidates.size} known providers could give the manifest.`
        : 'No provider was found.'
    return new ShoalError('NO_PROVIDERS', problem ? `${message} ${problem}` : message)
  }
}
