import { createHash } from 'node:crypto'
import { create, type DescMessage, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { ManualClock, sleep } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { silentLogger } from '../../base/log.ts'
import { seededRandom } from '../../base/random.ts'
import { cidOfDigest, RAW } from '../../content/cid.ts'
import { ReplicaService } from '../../contract/gen/shoal/v1/replica_pb.ts'
import { createIdentity, type Identity } from '../../link/identity.ts'
import type { CallContext, CallOptions, Links, LinkTarget } from '../../link/rpc.ts'
import { openStateDatabase, type StateDatabase } from '../../storage/state-database.ts'
import { DEFAULT_REPLICATION_OPTIONS, type ReplicationOptions } from '../options.ts'
import type { CandidatePeer, CopyToFetch, FilesPort, KeepSettings, OrderedContent } from '../ports.ts'
import { Replication } from '../replication.ts'

export const OPEN: KeepSettings = {
  keepsFor: 'everybody',
  trusted: [],
  maxBytes: 1 << 30,
  maxFiles: 1000,
  maxBytesPerPeer: 1 << 30,
  maxFilesPerPeer: 1000,
}

/** Short enough for tests, with the proportions of the defaults. */
export const QUICK: Partial<ReplicationOptions> = { spareBytes: 0 }

/** A node of a {@link ReplicaWorld}. */
export class ReplicaNode implements FilesPort {
  readonly identity: Identity
  readonly state: StateDatabase
  readonly facts: CandidatePeer
  settings: KeepSettings
  isUp = true
  /** It says that it has what it has, and gives other bytes. */
  lies = false
  free = 2 ** 40
  /** Time that fetching takes, ms. */
  fetchMs = 500
  readonly files = new Map<string, { path: string; bytes: Uint8Array }>()
  /** Bytes that were fetched, in all. */
  fetched = 0
  removed: string[] = []
  replication!: Replication
  readonly #world: ReplicaWorld

  constructor(world: ReplicaWorld, facts: Partial<CandidatePeer>, settings: Partial<KeepSettings>) {
    this.#world = world
    this.identity = createIdentity(world.clock)
    this.state = openStateDatabase(':memory:', { log: silentLogger, clock: world.clock })
    this.facts = { name: '', addresses: ['10.0.0.1:1'], zone: '', subnet: '', ...facts, peerId: this.peerId }
    this.settings = { ...OPEN, ...settings }
  }

  get peerId(): string {
    return this.identity.peerId
  }

  /** Has a file of its own. */
  share(name: string, sizeBytes: number): OrderedContent {
    const bytes = Buffer.alloc(sizeBytes, name)
    const cid = cidOfDigest(RAW, createHash('sha256').update(bytes).digest())
    this.files.set(cid, { path: `/own/${name}`, bytes })
    return { cid, name, kind: 'file', sizeBytes }
  }

  has(cid: string): { path: string; sizeBytes: number } | undefined {
    const file = this.files.get(cid)
    return file && { path: file.path, sizeBytes: file.bytes.length }
  }

  async fetch({ cid, name, sizeBytes, peers }: CopyToFetch, signal: AbortSignal): Promise<{ path: string }> {
    const { clock } = this.#world
    for (;;) {
      await sleep(clock, this.fetchMs, signal)
      const source = this.#world.nodes.find(
        (node) => node.isUp && node.files.has(cid) && peers.some(({ peerId }) => peerId === node.peerId),
      )
      if (!source) continue
      const { bytes } = source.files.get(cid)!
      if (bytes.length > sizeBytes) throw new ShoalError('TOO_LARGE')
      this.fetched += bytes.length
      const path = `/replicas/${name}`
      this.files.set(cid, { path, bytes })
      return { path }
    }
  }

  doneBytes(): number {
    return 0
  }

  async remove(cid: string, path: string): Promise<void> {
    this.removed.push(path)
    this.files.delete(cid)
  }

  async freeBytes(): Promise<number> {
    return this.free
  }

  async cancel(): Promise<void> {}

  async randomBlock(cid: string) {
    const file = this.files.get(cid)
    if (!file) return undefined
    const digest = createHash('sha256').update(file.bytes).digest()
    return { cid, index: 0, sizeBytes: file.bytes.length, digest }
  }
}

/**
 * Nodes in memory: real stores over SQLite, links that are function calls with encoded messages, one clock that stands still until it is moved. A node that is
 * not up answers nobody.
 */
export class ReplicaWorld implements AsyncDisposable {
  readonly clock = new ManualClock()
  readonly nodes: ReplicaNode[] = []
  /** Nodes of different sides cannot call each other. */
  side: (peerId: string) => number = () => 0
  /** Whether these two cannot call each other, beside that. */
  isCut: (a: string, b: string) => boolean = () => false
  /** What a call takes to get there, ms. */
  lagMs: (name: string) => number = () => 0
  readonly calls: Record<string, number> = {}
  readonly #options: Partial<ReplicationOptions>

  constructor(count: number, options: Partial<ReplicationOptions> = {}) {
    this.#options = { ...DEFAULT_REPLICATION_OPTIONS, ...QUICK, ...options }
    for (let i = 0; i < count; i++) this.add({ name: `n${i}` })
  }

  add(facts: Partial<CandidatePeer> = {}, settings: Partial<KeepSettings> = {}): ReplicaNode {
    const node = new ReplicaNode(this, facts, settings)
    this.nodes.push(node)
    this.#open(node)
    return node
  }

  /** The node's process ends without a word. What is on its disk stays there. */
  async kill(node: ReplicaNode): Promise<void> {
    node.isUp = false
    await node.replication.stop()
  }

  restart(node: ReplicaNode): void {
    node.isUp = true
    this.#open(node)
  }

  /** The nodes besides the owner that have the content now, and say that they keep it. */
  holders(cid: string): ReplicaNode[] {
    return this.nodes.filter(
      (node) =>
        node.isUp &&
        node.files.has(cid) &&
        node.replication.kept().rows.some((row) => row.cid === cid && row.state === 'kept'),
    )
  }

  /** Does something that takes time: moves the clock until it is done. */
  async run<T>(work: Promise<T>, mostMs = 60_000): Promise<T> {
    let done = false
    const settled = work.finally(() => {
      done = true
    })
    settled.catch(() => {})
    for (let ms = 0; !done && ms < mostMs; ms += 100) await this.pass(100)
    if (!done) throw new Error(`not done after ${mostMs} ms`)
    return settled
  }

  /** Lets time pass. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 100) {
      await this.clock.advance(Math.min(100, ms - passed))
      for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** Lets time pass until something holds. @returns how long it took, ms */
  async until(holds: () => boolean, mostMs: number): Promise<number> {
    for (let ms = 0; ms <= mostMs; ms += 500) {
      if (holds()) return ms
      await this.pass(500)
    }
    throw new Error(`not so after ${mostMs} ms`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.nodes) {
      if (node.isUp) await node.replication.stop()
      node.state.close()
    }
  }

  #open(node: ReplicaNode): void {
    node.replication = new Replication({
      signer: node.identity,
      name: node.facts.name,
      store: node.state.replicas,
      links: this.#linksOf(node),
      peers: {
        candidates: () =>
          this.nodes.filter((other) => other !== node && other.isUp).map(({ facts }) => facts),
        get: (peerId) => this.nodes.find((other) => other.peerId === peerId)?.facts,
        ownAddresses: () => node.facts.addresses,
      },
      files: node,
      settings: () => node.settings,
      isPrivate: false,
      clock: this.clock,
      random: seededRandom(this.nodes.length),
      log: silentLogger,
      options: this.#options,
    })
    node.replication.start()
  }

  #linksOf(node: ReplicaNode): Links {
    const connect = (service: { typeName: string }, target: LinkTarget) => {
      const call =
        (name: keyof Replication['handlers']) =>
        (request: object, options: CallOptions = {}) =>
          this.#call(node.peerId, target.peerId!, name, request, options)
      if (service.typeName !== ReplicaService.typeName) return this.#blocksOf(target.peerId!) as never
      return {
        survey: call('survey'),
        keep: call('keep'),
        exchange: call('exchange'),
        claim: call('claim'),
      } as never
    }
    return { connect } as Links
  }

  #blocksOf(peerId: string) {
    const node = this.nodes.find((other) => other.peerId === peerId)!
    const self = this
    return {
      async *getBlocks(requests: AsyncIterable<{ request: { case: string; value: { cid?: Uint8Array } } }>) {
        if (!node.isUp) throw new ShoalError('UNAVAILABLE')
        self.calls.getBlocks = (self.calls.getBlocks ?? 0) + 1
        for await (const { request } of requests) {
          if (request.case !== 'open') continue
          const digest = Buffer.from(request.value.cid!).subarray(4)
          const file = node.files.get(cidOfDigest(RAW, digest))
          if (!file) yield { response: { case: 'refused', value: { code: 'NOT_FOUND', message: '' } } }
          else {
            const data = node.lies ? Buffer.alloc(file.bytes.length, 'x') : file.bytes
            yield { response: { case: 'block', value: { index: 0, offset: 0, data } } }
          }
        }
      },
    }
  }

  async #call(
    from: string,
    to: string,
    name: keyof Replication['handlers'],
    request: object,
    { timeoutMs = 15_000, signal = new AbortController().signal }: CallOptions,
  ): Promise<unknown> {
    const { input, output } = ReplicaService.method[name]
    const init = create(input as DescMessage, request as MessageInitShape<DescMessage>)
    const sent = fromBinary(input, toBinary(input as DescMessage, init))
    const node = this.nodes.find(({ peerId }) => peerId === to)!
    const caller = this.nodes.find(({ peerId }) => peerId === from)!
    if (!node.isUp || !caller.isUp || this.side(from) !== this.side(to) || this.isCut(from, to)) {
      await sleep(this.clock, timeoutMs, signal)
      throw new ShoalError('TIMED_OUT')
    }
    const lagMs = this.lagMs(name)
    if (lagMs > 0) await sleep(this.clock, lagMs, signal)
    this.calls[name] = (this.calls[name] ?? 0) + 1
    const context: CallContext = {
      ...{ peerId: from, remoteAddress: '127.0.0.1', remotePort: 1, signal },
      header: () => undefined,
    }
    const handler = node.replication.handlers[name] as (
      request: unknown,
      context: CallContext,
    ) => Promise<object>
    const answer = create(
      output as DescMessage,
      (await handler(sent, context)) as MessageInitShape<DescMessage>,
    )
    return fromBinary(output, toBinary(output as DescMessage, answer))
  }
}
