import { every, type Timer } from '../../base/clock.ts'
import type { DialectContext } from '../dialect.ts'
import { Background } from '../rest/background.ts'
import { jsonOf, tryCall } from '../rest/call.ts'
import { callable, fieldsOf, hostOf, portOf, urlOf } from '../rest/values.ts'
import type { FloodOptions } from './options.ts'
import { type Peer, Peers } from './peers.ts'
import { type Address, keyOf, type Query, queryBody, readAddress } from './wire.ts'

/** This node among the peers: joins them, tells them that it lives, and passes queries on. */
export class Network {
  readonly peers: Peers
  /** Queries and searches; what they take up does not keep the node from its peers. */
  readonly work: Background
  readonly #upkeep: Background
  /** Where peers call this node. */
  self: Address = { host: '127.0.0.1', port: 0 }
  readonly #context: DialectContext
  readonly #options: FloodOptions
  #timers: Timer[] = []

  constructor(context: DialectContext, options: FloodOptions) {
    this.#context = context
    this.#options = options
    this.peers = new Peers(options.maxPeers)
    const onError = (error: unknown) => context.log.warn({ err: error }, 'flood: work failed')
    this.work = new Background(options.maxWork, onError)
    this.#upkeep = new Background(2, onError)
  }

  start(self: Address): void {
    this.self = self
    const { clock } = this.#context
    const { heartbeatMs, livenessMs } = this.#options
    const beat = () => void this.#upkeep.run(() => this.#toActive('/heartbeat', this.self))
    const check = () => {
      this.peers.sweep(clock.now(), this.#options)
      this.#upkeep.run(() => this.#keepUp())
    }
    this.#upkeep.run(async () => {
      this.#meetListed()
      await this.#joinWhile(() => true)
      await this.#keepUp()
    })
    this.#timers = [every(clock, heartbeatMs, beat), every(clock, livenessMs, check)]
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) timer.cancel()
    await Promise.all([this.work.stop(), this.#upkeep.stop()])
  }

  /** Notes a peer, unless it is this node, may not be called, or there is no room. */
  meet(address: Address | undefined): Peer | undefined {
    if (!address || this.isSelf(address) || !this.#context.calls.mayCall(callable(address.host)))
      return undefined
    return this.peers.meet(address, this.#context.clock.now())
  }

  isSelf(address: Address): boolean {
    return keyOf(address) === keyOf(this.self)
  }

  /** It called, or answered: it is active from now on. */
  alive(peer: Peer): void {
    peer.status = 'active'
    peer.seenAt = this.#context.clock.now()
    peer.updatedAt = peer.seenAt
  }

  /** Sends a query to everybody who is active, but not back to who asked first. */
  forward(query: Query): Promise<void> {
    return this.#toActive('/query', queryBody(query), keyOf(query.from))
  }

  /** Calls a peer; a body is posted. What it says: `{}` if that is no JSON, undefined if it does not answer 200. */
  async call(
    to: Address,
    path: string,
    json?: unknown,
  ): Promise<Readonly<Record<string, unknown>> | undefined> {
    const options = { json, signal: this.#upkeep.signal, timeoutMs: this.#options.callTimeoutMs }
    const answer = await tryCall(this.#context, urlOf(to) + path, options)
    if (answer?.status !== 200) return undefined
    const peer = this.peers.get(to)
    if (peer?.status === 'active') this.alive(peer)
    return fieldsOf(jsonOf(answer))
  }

  /** When too few are active, others are joined, and those who are active asked for more. */
  async #keepUp(): Promise<void> {
    const lacks = () => this.peers.in('active').length < this.#options.minActive
    if (!lacks()) return
    this.#meetListed()
    await this.#joinWhile(lacks)
    for (const peer of lacks() ? this.peers.in('active') : []) {
      const told = await this.call(peer, '/get_peers', this.self)
      const list = told?.peers
      for (const other of Array.isArray(list) ? list.slice(0, this.#options.maxPeers) : [])
        this.meet(readAddress(other))
    }
    await this.#joinWhile(lacks)
  }

  /** Again and again: a listed peer that was silent for long has been forgotten. */
  #meetListed(): void {
    for (const entry of this.#context.peers) this.meet(readListed(entry))
  }

  async #joinWhile(isWanted: () => boolean): Promise<void> {
    for (const peer of this.peers.in('inactive')) {
      if (!isWanted() || this.#upkeep.signal.aborted) return
      if ((await this.call(peer, '/ping')) === undefined) continue
      const told = await this.call(peer, '/join', this.self)
      if (told && told.status !== false) this.alive(peer)
    }
  }

  async #toActive(path: string, body: unknown, except?: string): Promise<void> {
    const peers = this.peers.in('active').filter((peer) => keyOf(peer) !== except)
    await Promise.all(peers.map((peer) => this.call(peer, path, body)))
  }
}

/** HOST:PORT of the configuration; without a port it is for others. */
function readListed(entry: string): Address | undefined {
  const [, host, port] = /^(.+):(\d+)$/.exec(entry) ?? []
  const address = { host: hostOf(host), port: portOf(port) }
  return address.host && address.port ? (address as Address) : undefined
}
