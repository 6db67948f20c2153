import { create } from '@bufbuild/protobuf'
import { ManualClock } from '../../base/clock.ts'
import { Emitter } from '../../base/events.ts'
import { silentLogger } from '../../base/log.ts'
import { type Random, seededRandom } from '../../base/random.ts'
import { MIB } from '../../base/units.ts'
import { BLOCK_SIZE, cidOfDigest, DAG_PB } from '../../content/cid.ts'
import { sha256 } from '../../content/verify.ts'
import { GetBlocksRequestSchema, GetBlocksResponseSchema } from '../../contract/gen/shoal/v1/peer_pb.ts'
import { peerIdFromPublicKey } from '../../link/peer-id.ts'
import { Bitmap } from '../bitmap.ts'
import type { BlockSink } from '../block-sink.ts'
import { ByteBudget } from '../budget.ts'
import { BufferPool } from '../buffer-pool.ts'
import type { TransferContext } from '../context.ts'
import { BlockMemory } from '../disk/block-memory.ts'
import { FetchTarget } from '../fetch-target.ts'
import { FileFetch } from '../file-fetch.ts'
import { Giver } from '../giver.ts'
import { TransferLimits } from '../limits/transfer-limits.ts'
import type { BlockChannels } from '../line/channel.ts'
import { TakerLine } from '../line/taker-line.ts'
import { MirrorList } from '../mirror/mirror-list.ts'
import { DEFAULT_SERVE_OPTIONS, DEFAULT_TRANSFER_OPTIONS } from '../options.ts'
import { PeerHealth } from '../peer-health.ts'
import type { Provider } from '../ports.ts'
import { ProviderFeed } from '../provider-feed.ts'
import { Rendezvous } from '../rendezvous.ts'
import type { ServedFile } from '../served-file.ts'
import { Spread } from '../spread.ts'
import { UploadSlots } from '../upload-slots.ts'
import { UploadTurns } from '../upload-turns.ts'

/** Rates of a node's link, bytes a second. */
export interface LinkRates {
  readonly up: number
  readonly down: number
}

export interface SwarmSetup {
  readonly blocks: number
  readonly seed: LinkRates
  readonly leechers: readonly (LinkRates & {
    /** When it comes, ms; default 0. */
    readonly atMs?: number
    /** When it vanishes, ms; default never. */
    readonly diesMs?: number
  })[]
  readonly randomSeed?: number
}

export interface SwarmResult {
  /** When each leecher had all, ms since its own start; undefined when it never did. */
  readonly doneMs: (number | undefined)[]
  /** When the last one had all, ms since the start. */
  readonly lastMs: number
  /** Bytes that the seed sent, over the file's. */
  readonly seedCopies: number
  /** Bytes that came over those that were needed, of leechers that are done, less one. */
  readonly waste: number
  /** The fluid bound (max of the seed's, the slowest downlink's and everybody's uplinks' time), ms. */
  readonly boundMs: number
}

const STEP_MS = 5
const LATENCY_MS = 10
/** What a socket takes beyond what is on its way. */
const SOCKET_BYTES = 256 * 1024
const LIMIT_MS = 300_000

/** Bytes on their way from one node to another, in order. */
interface Pipe {
  readonly from: Node
  readonly to: Node
  readonly queue: { left: number; deliver(bytes: number): void; taken: (() => void) | undefined }[]
  waiting: number
  open: boolean
}

interface Node {
  readonly index: number
  readonly rates: LinkRates
  readonly provider: Provider
  readonly has: Bitmap
  readonly added: Emitter<number>
  isAlive: boolean
  sentBytes: number
  receivedBytes: number
  open(taker: Node, pipe: Pipe): { giver: Giver; line: TakerLine }
}

/**
 * A swarm in virtual time: the real scheduler, sources, givers, turns and slots of every node, over links that share their rates fairly (max-min, as flows in a
 * fluid). The same seed gives the same run.
 */
export class SwarmSim {
  readonly #setup: SwarmSetup
  readonly #clock = new ManualClock(0)
  readonly #random: Random
  readonly #pipes = new Set<Pipe>()
  readonly #nodes: Node[]
  readonly #cid = cidOfDigest(DAG_PB, sha256(Uint8Array.of(1)))

  constructor(setup: SwarmSetup) {
    this.#setup = setup
    this.#random = seededRandom(setup.randomSeed ?? 1)
    this.#nodes = [setup.seed, ...setup.leechers].map((rates, index) => this.#node(index, rates))
  }

  async run(): Promise<SwarmResult> {
    const { leechers, blocks } = this.#setup
    const doneMs: (number | undefined)[] = leechers.map(() => undefined)
    let lastMs = 0
    const stops: (() => void)[] = []
    for (const [i, { atMs = 0, diesMs }] of leechers.entries()) {
      const node = this.#nodes[i + 1]!
      this.#clock.schedule(() => {
        const abort = new AbortController()
        stops.push(() => abort.abort(new Error('over')))
        this.#fetch(node, abort.signal).then(
          () => {
            doneMs[i] = this.#clock.monotonic() - atMs
            lastMs = Math.max(lastMs, this.#clock.monotonic())
          },
          () => {},
        )
        if (diesMs !== undefined) this.#clock.schedule(() => this.#kill(node, abort), diesMs - atMs)
      }, atMs)
    }
    const isOver = () => leechers.every(({ diesMs }, i) => doneMs[i] !== undefined || diesMs !== undefined)
    while (!isOver() && this.#clock.monotonic() < LIMIT_MS) {
      await this.#clock.advance(STEP_MS)
      this.#step()
    }
    for (const stop of stops) stop()
    const bytes = blocks * BLOCK_SIZE
    const done = this.#nodes.slice(1).filter((_, i) => doneMs[i] !== undefined)
    const received = done.reduce((sum, node) => sum + node.receivedBytes, 0)
    return {
      doneMs,
      lastMs,
      seedCopies: this.#nodes[0]!.sentBytes / bytes,
      waste: received / (done.length * bytes) - 1,
      boundMs: this.#bound(bytes),
    }
  }

  #bound(bytes: number): number {
    const { seed, leechers } = this.#setup
    const slowest = Math.min(...leechers.map(({ down }) => down))
    const all = leechers.reduce((sum, { up }) => sum + up, seed.up)
    return 1000 * Math.max(bytes / seed.up, bytes / slowest, (leechers.length * bytes) / all)
  }

  #kill(node: Node, abort: AbortController): void {
    node.isAlive = false
    abort.abort(new Error('killed'))
    for (const pipe of this.#pipes) if (pipe.from === node || pipe.to === node) this.#close(pipe)
  }

  readonly #ends = new Map<Pipe, () => void>()

  #close(pipe: Pipe): void {
    if (!pipe.open) return
    pipe.open = false
    this.#pipes.delete(pipe)
    this.#ends.get(pipe)?.()
    this.#ends.delete(pipe)
  }

  #node(index: number, rates: LinkRates): Node {
    const { blocks } = this.#setup
    const key = Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? index + 1 : 7))
    const peerId = peerIdFromPublicKey(key)
    const clock = this.#clock
    const shared = {
      slots: new UploadSlots(DEFAULT_SERVE_OPTIONS),
      buffers: new BufferPool(),
      rendezvous: new Rendezvous(this.#random),
      spread: new Spread(this.#random),
      turns: new UploadTurns(clock),
      limits: new TransferLimits(clock),
    }
    const node: Node = {
      index,
      rates,
      provider: { peerId, name: `${index}`, addresses: [`10.0.0.${index}:1`] },
      has: index === 0 ? Bitmap.full(blocks) : new Bitmap(blocks),
      added: new Emitter<number>(),
      isAlive: true,
      sentBytes: 0,
      receivedBytes: 0,
      open: (taker, pipe) => {
        const abort = new AbortController()
        const line = new TakerLine({ onIdle: () => {}, onEnded: () => {} })
        const giver = new Giver({
          ...shared,
          peerId: taker.provider.peerId,
          fileOf: () => this.#served(node),
          gate: shared.limits.upload({ peerId: taker.provider.peerId, isLan: true }),
          clock,
          options: DEFAULT_SERVE_OPTIONS,
          signal: abort.signal,
          wire: {
            send: (message) =>
              void clock.schedule(() => {
                if (pipe.open) line.message(create(GetBlocksResponseSchema, message))
              }, LATENCY_MS),
            sendPart: ({ file, index: block, offset, length }) =>
              new Promise((resolve) =>
                this.#push(pipe, { file, block, offset, length, line, taken: resolve }),
              ),
          },
        })
        this.#ends.set(pipe, () => abort.abort(new Error('gone')))
        giver.run().catch(() => {})
        return { giver, line }
      },
    }
    return node
  }

  #served(node: Node): ServedFile {
    const { blocks } = this.#setup
    return {
      blockCount: blocks,
      sizeBytes: blocks * BLOCK_SIZE,
      sizeOf: () => BLOCK_SIZE,
      has: node.index === 0 ? undefined : node.has,
      added: node.index === 0 ? undefined : node.added,
      readInto: async (index) => (node.has.has(index) ? BLOCK_SIZE : undefined),
      release: () => {},
    }
  }

  #push(
    pipe: Pipe,
    part: { file: number; block: number; offset: number; length: number; line: TakerLine; taken(): void },
  ): void {
    let { offset } = part
    const end = offset + part.length
    pipe.queue.push({
      left: part.length,
      taken: part.taken,
      deliver: (bytes) => {
        for (let rest = bytes; rest > 0; ) {
          const room = part.line.place(part.file, part.block, offset, end - offset)
          const count = Math.min(room.length, rest)
          part.line.placed(count)
          offset += count
          rest -= count
        }
      },
    })
    pipe.waiting += part.length
    this.#tellTaken(pipe)
  }

  #tellTaken(pipe: Pipe): void {
    let before = 0
    for (const item of pipe.queue) {
      before += item.left
      if (before > SOCKET_BYTES && item !== pipe.queue[0]) break
      if (before <= SOCKET_BYTES) {
        item.taken?.()
        item.taken = undefined
      }
    }
  }

  /** Moves bytes for one step. */
  #step(): void {
    const active = [...this.#pipes].filter((pipe) => pipe.waiting > 0)
    for (const [pipe, rate] of fairRates(active)) {
      let bytes = Math.min(Math.round((rate * STEP_MS) / 1000), pipe.waiting)
      pipe.waiting -= bytes
      pipe.from.sentBytes += bytes
      pipe.to.receivedBytes += bytes
      while (bytes > 0) {
        const item = pipe.queue[0]!
        const count = Math.min(bytes, item.left)
        item.left -= count
        bytes -= count
        item.deliver(count)
        if (item.left > 0) break
        item.taken?.()
        pipe.queue.shift()
      }
      this.#tellTaken(pipe)
    }
  }

  async #fetch(node: Node, signal: AbortSignal): Promise<void> {
    const { blocks } = this.#setup
    const digests = new Uint8Array(32 * blocks)
    const target = FetchTarget.ofLayout({ cid: this.#cid, sizeBytes: blocks * BLOCK_SIZE, digests })
    const clock = this.#clock
    const options = { ...DEFAULT_TRANSFER_OPTIONS }
    const memory = new BlockMemory(clock)
    const context = {
      connect: () => ({ road: () => undefined, remoteAddress: () => undefined }),
      channels: this.#channels(node),
      memory,
      health: new PeerHealth(options, this.#random),
      budget: new ByteBudget(64 * MIB),
      clock,
      random: this.#random,
      log: silentLogger,
      options,
    } as unknown as TransferContext
    const seed = this.#nodes[0]!.provider
    const feed = new ProviderFeed({
      lookUp: async function* () {
        yield seed
      },
      clock,
      log: silentLogger,
      options,
    })
    const running = feed.run(signal)
    const failed = new Promise<never>(() => {})
    const sink = {
      has: node.has,
      failed,
      writingBytes: 0,
      isBehind: false,
      store: async (_: number, bytes: Uint8Array) => {
        memory.give(bytes)
        return true
      },
      stored: (index: number) => {
        if (node.has.add(index)) node.added.emit(index)
      },
    } as unknown as BlockSink
    const fetch = new FileFetch({
      context,
      target,
      sink,
      feeds: [feed],
      mirrors: new MirrorList([]),
      order: () => 'rarest',
      onBlock: () => {},
    })
    try {
      await fetch.run(signal)
    } finally {
      void running
    }
  }

  #channels(taker: Node): BlockChannels {
    const lines = new Map<string, TakerLine>()
    return {
      open: async (provider, cid, listener, signal) => {
        let line = lines.get(provider.peerId)
        if (!line || line.isOver) {
          // TCP and TLS.
          await new Promise<void>((resolve) => void this.#clock.schedule(resolve, 3 * LATENCY_MS))
          signal.throwIfAborted()
          const from = this.#nodes.find((node) => node.provider.peerId === provider.peerId)!
          if (!from.isAlive) throw new Error('nobody is there')
          line = this.#connect(from, taker)
          lines.set(provider.peerId, line)
        }
        return line.open(cid, listener)!
      },
      openNow: () => undefined,
    }
  }

  #connect(from: Node, to: Node): TakerLine {
    const pipe: Pipe = { from, to, queue: [], waiting: 0, open: true }
    this.#pipes.add(pipe)
    const { giver, line } = from.open(to, pipe)
    const onEnd = this.#ends.get(pipe)
    this.#ends.set(pipe, () => {
      onEnd?.()
      line.ended(new Error('the line is lost') as never)
    })
    const gate = new TransferLimits(this.#clock).download({ peerId: from.provider.peerId, isLan: true })
    const wire = {
      road: 'direct' as const,
      address: from.provider.addresses[0]!,
      send: (requests: readonly Parameters<typeof create<typeof GetBlocksRequestSchema>>[1][]) =>
        void this.#clock.schedule(() => {
          if (pipe.open) for (const each of requests) giver.take(create(GetBlocksRequestSchema, each))
        }, LATENCY_MS),
      pause: () => {},
      resume: () => {},
      close: () => this.#close(pipe),
    }
    line.attach(wire, gate, to.provider)
    return line
  }
}

/** Max-min fair rates of flows that share uplinks and downlinks, bytes a second. */
function fairRates(pipes: readonly Pipe[]): Map<Pipe, number> {
  const rates = new Map<Pipe, number>()
  const room = new Map<string, { left: number; flows: Set<Pipe> }>()
  const join = (key: string, capacity: number, pipe: Pipe) => {
    const entry = room.get(key) ?? { left: capacity, flows: new Set<Pipe>() }
    entry.flows.add(pipe)
    room.set(key, entry)
  }
  for (const pipe of pipes) {
    join(`up ${pipe.from.index}`, pipe.from.rates.up, pipe)
    join(`down ${pipe.to.index}`, pipe.to.rates.down, pipe)
  }
  while (rates.size < pipes.length) {
    let tightest: { left: number; flows: Set<Pipe> } | undefined
    for (const each of room.values()) {
      if (each.flows.size === 0) continue
      if (!tightest || each.left / each.flows.size < tightest.left / tightest.flows.size) tightest = each
    }
    const rate = tightest!.left / tightest!.flows.size
    for (const pipe of [...tightest!.flows]) {
      rates.set(pipe, rate)
      for (const each of room.values()) {
        if (!each.flows.delete(pipe)) continue
        each.left = Math.max(0, each.left - rate)
      }
    }
  }
  return rates
}
