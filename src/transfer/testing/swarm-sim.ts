import { create } from '@bufbuild/protobuf'
import { ManualClock } from '../../base/clock.ts'
import { Emitter } from '../../base/events.ts'
import { silentLogger } from '../../base/log.ts'
import { type Random, seededRandom } from '../../base/random.ts'
import { MIB } from '../../base/units.ts'
import { CHAINING_BYTES, PART_BYTES } from '../../content/block-chain.ts'
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
import { Giver } from '../give/giver.ts'
import { Rendezvous } from '../give/rendezvous.ts'
import { Spread } from '../give/spread.ts'
import { UploadTurns } from '../give/upload-turns.ts'
import { TransferLimits } from '../limits/transfer-limits.ts'
import type { BlockChannels } from '../line/channel.ts'
import { TakerLine } from '../line/taker-line.ts'
import { MirrorList } from '../mirror/mirror-list.ts'
import { DEFAULT_SERVE_OPTIONS, DEFAULT_TRANSFER_OPTIONS } from '../options.ts'
import { BlockParts } from '../parts/block-parts.ts'
import { ComingBlocks } from '../parts/coming-blocks.ts'
import { PeerHealth } from '../peer-health.ts'
import type { Provider } from '../ports.ts'
import { ProviderFeed } from '../provider-feed.ts'
import type { ServedFile } from '../served-file.ts'
import { TransferTally } from '../tally.ts'
import { UploadSlots } from '../upload-slots.ts'
import { type FluidNode, flowAll, type LinkRates, Pipe } from './fluid-network.ts'

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
  /** Sees every step. @param nodes the seed first */
  readonly onStep?: (
    nowMs: number,
    nodes: readonly (FluidNode & { has: Bitmap; coming: ComingBlocks })[],
  ) => void
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

/** Stands for every chaining value. */
const ANY_VALUE = new Uint8Array(CHAINING_BYTES)
const NO_VALUES = new Uint8Array(CHAINING_BYTES * (BLOCK_SIZE / PART_BYTES))

const STEP_MS = 5
const LATENCY_MS = 10
const LIMIT_MS = 300_000

interface Node extends FluidNode {
  readonly provider: Provider
  readonly has: Bitmap
  readonly added: Emitter<number>
  readonly coming: ComingBlocks
  isAlive: boolean
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
      flowAll(this.#pipes, STEP_MS)
      this.#setup.onStep?.(this.#clock.monotonic(), this.#nodes)
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
    if (!this.#pipes.delete(pipe)) return
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
      parts: new BlockParts(clock, () => NO_VALUES),
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
      coming: new ComingBlocks({
        sizeOf: () => BLOCK_SIZE,
        digestOf: () => ANY_VALUE,
        memory: new BlockMemory(clock),
        // What is sent is right: hashing it would take longer than all the rest.
        valueAfter: () => ANY_VALUE,
      }),
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
                if (this.#pipes.has(pipe)) line.message(create(GetBlocksResponseSchema, message))
              }, LATENCY_MS),
            sendPart: ({ file, index: block, offset, length }) =>
              arriving(pipe, line, { file, block, offset, length }),
            sendChained: ({ file, index: block, offset, bytes, chaining }) =>
              arriving(pipe, line, { file, block, offset, length: bytes.length, chaining }),
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
      coming: node.index === 0 ? undefined : node.coming,
      readInto: async (index) => (node.has.has(index) ? BLOCK_SIZE : undefined),
      release: () => {},
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
      tally: new TransferTally(),
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
      coming: node.coming,
      failed,
      writingBytes: 0,
      isBehind: false,
      store: async (_: number, bytes: Uint8Array) => {
        memory.give(bytes)
        return true
      },
      stored: (index: number) => {
        node.coming.forget(index)
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
    const pipe = new Pipe(from, to)
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
          if (this.#pipes.has(pipe))
            for (const each of requests) giver.take(create(GetBlocksRequestSchema, each))
        }, LATENCY_MS),
      pause: () => {},
      resume: () => {},
      close: () => this.#close(pipe),
    }
    line.attach(wire, gate, to.provider)
    return line
  }
}

/** Sends block data; resolves when the socket has taken it. */
function arriving(
  pipe: Pipe,
  line: TakerLine,
  data: { file: number; block: number; offset: number; length: number; chaining?: Uint8Array },
): Promise<void> {
  let { offset } = data
  const end = offset + data.length
  const { promise, resolve } = Promise.withResolvers<void>()
  pipe.send({
    length: data.length,
    taken: resolve,
    deliver: (bytes) => {
      for (let rest = bytes; rest > 0; ) {
        const room = line.place(data.file, data.block, offset, end - offset, data.chaining)
        const count = Math.min(room.length, rest)
        line.placed(count)
        offset += count
        rest -= count
      }
    },
  })
  return promise
}
