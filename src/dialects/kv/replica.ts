import { createHash } from 'node:crypto'
import { ShoalError } from '../../base/errors.ts'
import { withDeadline } from '../../base/signals.ts'
import { remember } from '../common/remember.ts'
import type { KvSetup } from './kv.ts'
import type { KvPeers } from './peers.ts'
import { encodeValue, parseJson, valueAnswer } from './values.ts'

/** Pairs that are remembered, and how much goes on at once. */
const MAX_RECENT = 1_024
const MAX_AT_ONCE = 64

/** Lasts until all peers have answered: so long they may ask back. */
interface Lookup {
  readonly answer: Promise<string | undefined>
  found?: string | undefined
}

/** The node's values, and the copies that peers have of them. Peers pass on whatever they are sent, also to who sent it. */
export class Replica {
  readonly #setup: KvSetup
  readonly #peers: KvPeers
  readonly #stores = new Map<string, Promise<void>>()
  readonly #lookups = new Map<string, Lookup>()
  /** Pairs that were sent to peers, and until when one that comes from a peer is an echo. */
  readonly #recent = new Map<string, number>()
  #forwards = 0

  constructor(setup: KvSetup, peers: KvPeers) {
    this.#setup = setup
    this.#peers = peers
  }

  /** Keeps a value, and sends it to the peers afterwards; what is held already goes no further. @throws ShoalError */
  store(key: string, value: unknown, caller: string): Promise<void> {
    const bytes = encodeValue(value)
    const pair = `${key}\n${createHash('sha256').update(bytes).digest('base64')}`
    const running = this.#stores.get(pair)
    if (running) return running
    if (this.#stores.size >= MAX_AT_ONCE) throw new ShoalError('BUSY')
    const put = async () => {
      const held = await this.read(key)
      if ((held && Buffer.from(held).equals(bytes)) || this.#isEcho(pair, caller)) return
      using deadline = this.#deadline()
      await this.#setup.context.node.values.put(key, bytes, deadline.signal)
      void this.#forward(pair, { key, value })
    }
    const begun = put().finally(() => this.#stores.delete(pair))
    this.#stores.set(pair, begun)
    return begun
  }

  /** The node's value. */
  async read(key: string): Promise<Uint8Array | undefined> {
    using deadline = this.#deadline()
    return await this.#setup.context.node.values.get(key, deadline.signal)
  }

  #deadline() {
    const { context, options, stop } = this.#setup
    return withDeadline(context.clock, options.valueTimeoutMs, stop)
  }

  /** The answer that tells a value, the node's or a peer's. A peer that asks for what it may be asked for gets what is known by then. @throws ShoalError */
  async lookup(key: string, caller: string): Promise<string | undefined> {
    const held = await this.read(key)
    if (held) return valueAnswer(held)
    const running = this.#lookups.get(key)
    if (running) return this.#peers.isAt(caller) ? running.found : running.answer
    if (this.#lookups.size >= MAX_AT_ONCE) throw new ShoalError('BUSY')
    const asked = this.#ask(key)
    const lookup: Lookup = { answer: Promise.any(asked).catch(() => undefined) }
    this.#lookups.set(key, lookup)
    void Promise.allSettled(asked).then(() => this.#lookups.delete(key))
    lookup.found = await lookup.answer
    return lookup.found
  }

  #ask(key: string): Promise<string>[] {
    return this.#peers.urls.map(async (url) => {
      const answer = await this.#peers.call(url, `/get_data/${encodeURIComponent(key)}`)
      const body = answer?.status === 200 && parseJson(Buffer.from(answer.body).toString())
      if (!body || typeof body !== 'object' || !('value' in body)) throw new ShoalError('NOT_FOUND')
      return JSON.stringify({ value: body.value })
    })
  }

  #isEcho(pair: string, caller: string): boolean {
    const untilMs = this.#recent.get(pair) ?? 0
    return untilMs > this.#setup.context.clock.monotonic() && this.#peers.isAt(caller)
  }

  async #forward(pair: string, sent: { key: string; value: unknown }): Promise<void> {
    const { urls } = this.#peers
    if (urls.length === 0) return
    if (this.#forwards >= MAX_AT_ONCE)
      return this.#setup.context.log.warn('too many values for the peers at once')
    this.#forwards++
    this.#expectEchoes(pair)
    await Promise.all(urls.map((url) => this.#peers.call(url, '/store_data', sent)))
    this.#expectEchoes(pair)
    this.#forwards--
  }

  #expectEchoes(pair: string): void {
    remember(
      this.#recent,
      pair,
      this.#setup.context.clock.monotonic() + this.#setup.options.echoMs,
      MAX_RECENT,
    )
  }
}
