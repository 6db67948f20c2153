import { create, type DescMessage, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { ManualClock } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { silentLogger } from '../../base/log.ts'
import { seededRandom } from '../../base/random.ts'
import { PeerService } from '../../contract/gen/shoal/v1/peer_pb.ts'
import { createIdentity, type Identity } from '../../link/identity.ts'
import type { CallContext, CallOptions, Links, LinkTarget } from '../../link/rpc.ts'
import { openStateDatabase, type StateDatabase } from '../../storage/state-database.ts'
import { distance } from '../key.ts'
import { KeyValueStore } from '../key-value-store.ts'
import type { KvOptions } from '../options.ts'
import type { ClosestNodes, KvPeer, ValueHandlers } from '../ports.ts'

/** A node of a {@link KvWorld}. */
export interface KvNode {
  readonly peerId: string
  readonly identity: Identity
  kv: KeyValueStore
  state: StateDatabase
  /** What others reach: a test may put itself in between. */
  handlers: ValueHandlers
  isUp: boolean
}

/**
 * Nodes in memory: real stores over SQLite, links that are function calls with encoded messages, one clock that stands still until
 * it is moved. Every node knows all those that it is connected with, the dead ones too until {@link KvWorld.notice}.
 */
export class KvWorld implements AsyncDisposable {
  readonly clock = new ManualClock()
  readonly nodes: KvNode[] = []
  readonly #options: Partial<KvOptions>
  readonly #forgotten = new Set<string>()
  readonly #distances = new Map<string, Uint8Array>()
  /** Nodes of different sides cannot call each other. */
  side: (peerId: string) => number = () => 0
  /** Calls that reached a node, by method. */
  readonly calls: Record<string, number> = {}

  constructor(count: number, options: Partial<KvOptions> = {}) {
    this.#options = options
    for (let i = 0; i < count; i++) this.add()
  }

  add(): KvNode {
    const identity = createIdentity(this.clock)
    const state = openStateDatabase(':memory:', { log: silentLogger, clock: this.clock })
    const kv = this.#storeOf(identity, state)
    const node = { peerId: identity.peerId, identity, kv, state, handlers: kv.handlers, isUp: true }
    this.nodes.push(node)
    kv.start()
    return node
  }

  /** The node's process ends without a word. What it kept is kept. */
  async kill(node: KvNode): Promise<void> {
    node.isUp = false
    await node.kv.stop()
  }

  /** It is started again with what it kept. */
  restart(node: KvNode): void {
    node.kv = this.#storeOf(node.identity, node.state)
    node.handlers = node.kv.handlers
    node.isUp = true
    this.#forgotten.delete(node.peerId)
    node.kv.start()
  }

  /** The others learn that nodes which are down are gone. */
  notice(): void {
    for (const { peerId, isUp } of this.nodes) if (!isUp) this.#forgotten.add(peerId)
  }

  /** Nodes by their distance from a key, closest first. */
  closest(key: string, nodes: readonly KvNode[] = this.nodes): KvNode[] {
    return [...nodes].sort((a, b) => Buffer.compare(this.#away(key, a.peerId), this.#away(key, b.peerId)))
  }

  #away(key: string, peerId: string): Uint8Array {
    const id = `${peerId} ${key}`
    const away = this.#distances.get(id) ?? distance(key, peerId)
    this.#distances.set(id, away)
    return away
  }

  /** The nodes that keep a key now. */
  holders(key: string): KvNode[] {
    return this.nodes.filter(({ isUp, state }) => isUp && state.values.facts(key) !== undefined)
  }

  /** Does something that takes time: moves the clock until it is done. */
  async run<T>(work: Promise<T>, mostMs = 20_000): Promise<T> {
    let done = false
    const settled = work.finally(() => {
      done = true
    })
    settled.catch(() => {})
    for (let ms = 0; !done && ms < mostMs; ms += 50) await this.clock.advance(50)
    if (!done) throw new Error(`not done after ${mostMs} ms`)
    return settled
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.nodes) {
      if (node.isUp) await node.kv.stop()
      node.state.close()
    }
  }

  #storeOf(identity: Identity, state: StateDatabase): KeyValueStore {
    return new KeyValueStore({
      signer: identity,
      store: state.values,
      closest: this.#closestOf(identity.peerId),
      links: this.#linksOf(identity.peerId),
      clock: this.clock,
      random: seededRandom(this.nodes.length + 1),
      log: silentLogger,
      options: this.#options,
    })
  }

  #closestOf(self: string): ClosestNodes {
    const text = (key: Uint8Array) => Buffer.from(key).toString('utf8')
    const ranked = (key: Uint8Array) =>
      this.closest(text(key)).filter(
        ({ peerId }) => !this.#forgotten.has(peerId) && this.side(peerId) === this.side(self),
      )
    const known = (key: Uint8Array, count: number): KvPeer[] =>
      ranked(key)
        .filter(({ peerId }) => peerId !== self)
        .slice(0, count)
        .map(({ peerId }) => ({ peerId, addresses: [] }))
    return {
      known,
      find: async (key, count) => known(key, count),
      isResponsible: (key, count) =>
        ranked(key)
          .slice(0, count)
          .some(({ peerId }) => peerId === self),
    }
  }

  #linksOf(self: string): Links {
    const connect = (_service: unknown, target: LinkTarget) => {
      const call =
        (name: keyof ValueHandlers) =>
        (request: MessageInitShape<DescMessage>, options: CallOptions = {}) =>
          this.#call(self, target.peerId!, name, request, options)
      const client = {
        storeValues: call('storeValues'),
        getValue: call('getValue'),
        offerValues: call('offerValues'),
      }
      return client as never
    }
    return { connect }
  }

  async #call(
    from: string,
    to: string,
    name: keyof ValueHandlers,
    request: MessageInitShape<DescMessage>,
    { timeoutMs = 15_000, signal = new AbortController().signal }: CallOptions,
  ): Promise<unknown> {
    const { input, output } = PeerService.method[name]
    const sent = fromBinary(input, toBinary(input as DescMessage, create(input as DescMessage, request)))
    const node = this.nodes.find(({ peerId }) => peerId === to)!
    if (!node.isUp || this.side(from) !== this.side(to)) return this.#silence(timeoutMs, signal)
    this.calls[name] = (this.calls[name] ?? 0) + 1
    const context: CallContext = {
      ...{ peerId: from, remoteAddress: '127.0.0.1', remotePort: 1, signal },
      header: () => undefined,
    }
    const handler = node.handlers[name] as (
      request: unknown,
      context: CallContext,
    ) => Promise<Record<string, unknown>>
    const answer = create(output as DescMessage, await handler(sent, context))
    return fromBinary(output, toBinary(output as DescMessage, answer))
  }

  #silence(timeoutMs: number, signal: AbortSignal): Promise<never> {
    return new Promise((_, reject) => {
      const timer = this.clock.schedule(() => reject(new ShoalError('TIMED_OUT')), timeoutMs)
      const onAbort = () => {
        timer.cancel()
        reject(signal.reason)
      }
      if (signal.aborted) onAbort()
      else signal.addEventListener('abort', onAbort, { once: true })
    })
  }
}
