import { create } from '@bufbuild/protobuf'
import type { Clock, Timer } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import type { SharedEntry } from '../../content/entry.ts'
import { type PeerFilter, PeerFilterSchema } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import type { EntrySource } from '../locator.ts'
import { keyHash, log2BitsFor, makeFilter } from './bloom.ts'
import { addKeysOf } from './filter-keys.ts'
import type { FloodOptions } from './options.ts'

export interface OwnFilterSetup {
  /** First 32 bits of SHA-256(own PeerId). */
  readonly point: number
  readonly source: EntrySource
  readonly clock: Clock
  readonly log: Logger
  readonly options: Pick<FloodOptions, 'filterDelayMs' | 'filterCheckMs'>
  /** Called when there is a new filter. */
  readonly onChange: () => void
}

/** The filter of the node's own catalogue, made again when that has changed; batch by batch, so that a large one holds nothing up. */
export class OwnFilter {
  readonly #setup: OwnFilterSetup
  #current: PeerFilter | undefined
  #revision: string | undefined
  #timer: Timer | undefined
  #version: bigint
  #isRunning = false

  constructor(setup: OwnFilterSetup) {
    this.#setup = setup
    // Greater than any of an earlier run of the node.
    this.#version = BigInt(setup.clock.now())
  }

  /** Undefined until it was made for the first time, and after {@link stop}. */
  get current(): PeerFilter | undefined {
    return this.#current
  }

  /** Whether it was made of the catalogue as it is now. */
  get isCurrent(): boolean {
    return this.#current !== undefined && this.#revision === this.#setup.source.revision()
  }

  start(): void {
    this.#isRunning = true
    this.#wait(0)
  }

  /** The catalogue has changed, or may have. */
  note(): void {
    if (this.#isRunning) this.#wait(this.#setup.options.filterDelayMs)
  }

  stop(): void {
    this.#isRunning = false
    this.#timer?.cancel()
    this.#current = undefined
  }

  #wait(ms: number): void {
    this.#timer?.cancel()
    this.#timer = this.#setup.clock.schedule(() => this.#check(), ms)
  }

  #check(): void {
    const { source, options } = this.#setup
    const revision = source.revision()
    if (revision === this.#revision) this.#wait(options.filterCheckMs)
    else this.#collect(revision, source.batches()[Symbol.iterator](), new Set())
  }

  #collect(revision: string, batches: Iterator<readonly SharedEntry[]>, keys: Set<string>): void {
    const { clock, log, options } = this.#setup
    try {
      const { value, done } = batches.next()
      if (done) {
        this.#make(keys)
        this.#revision = revision
        this.#wait(options.filterCheckMs)
        return
      }
      for (const entry of value) addKeysOf(entry, keys)
      this.#timer = clock.schedule(() => this.#collect(revision, batches, keys), 0)
    } catch (error) {
      log.warn({ err: error }, 'the catalogue could not be read for the filter')
      this.#wait(options.filterCheckMs)
    }
  }

  #make(keys: Set<string>): void {
    const log2Bits = log2BitsFor(keys.size)
    const bits = makeFilter(keys.values().map(keyHash), log2Bits)
    const before = this.#current?.content
    if (before?.case === 'bits' && Buffer.compare(before.value, bits) === 0) return
    this.#version++
    const content = { case: 'bits', value: bits } as const
    const { point } = this.#setup
    this.#current = create(PeerFilterSchema, {
      ...{ point, hops: 0, version: this.#version, log2Bits, keys: keys.size, content },
    })
    this.#setup.onChange()
  }
}
