import type { Clock } from '../../base/clock.ts'
import { ShoalError, toShoalError } from '../../base/errors.ts'
import { printable } from '../../base/printable.ts'
import { formatBytes } from '../../base/units.ts'
import type { DialectFile, DialectPort } from '../dialect.ts'
import { type Layout, placeOf } from './zones.ts'

const SHARED_LIMIT = 1_000
const SHARED_FRESH_MS = 1_000
const MAX_CANDIDATES = 8

export interface NamesContext {
  readonly node: DialectPort
  readonly clock: Clock
  readonly layout: Layout
  /** Names that are kept. */
  readonly limit: number
  /** Longest text, bytes. */
  readonly maxTextBytes: number
}

/** What can be had here by its name: files of Shoal's, and the names that clients gave to keep. */
export class Names {
  readonly #context: NamesContext
  readonly #kept = new Set<string>()
  readonly #keptAt = new Map<number, number>()
  #sharedAt = new Map<number, number>()
  #countedMs = Number.NEGATIVE_INFINITY

  constructor(context: NamesContext) {
    this.#context = context
  }

  get keptCount(): number {
    return this.#kept.size
  }

  isKept(name: string): boolean {
    return this.#kept.has(name)
  }

  /** @throws ShoalError NO_SPACE */
  checkRoom(): void {
    if (this.#kept.size >= this.#context.limit)
      throw new ShoalError('NO_SPACE', 'No more names are kept here.')
  }

  keep(name: string): void {
    if (this.#kept.has(name)) return
    this.#kept.add(name)
    count(this.#keptAt, placeOf(name, this.#context.layout))
  }

  /** How many names lead to a place; those of shared files as of a second ago at most, and not beyond the first thousand. */
  at(place: number): number {
    const { node, clock, layout, maxTextBytes } = this.#context
    if (clock.monotonic() - this.#countedMs >= SHARED_FRESH_MS) {
      this.#sharedAt = new Map()
      this.#countedMs = clock.monotonic()
      for (const { name } of node.shared({ limit: SHARED_LIMIT, maxBytes: maxTextBytes }))
        count(this.#sharedAt, placeOf(name, layout))
    }
    return (this.#keptAt.get(place) ?? 0) + (this.#sharedAt.get(place) ?? 0)
  }

  /**
   * Text of a file of exactly this name, of this node (`here`) or of others; undefined when there is no such file.
   * @throws ShoalError TOO_LARGE, NOT_ACCEPTABLE (not UTF-8), or as reading does, when none of those that there are can be given; the signal's reason
   */
  async text(name: string, here: boolean, signal: AbortSignal): Promise<string | undefined> {
    let why: ShoalError | undefined
    let candidates = 0
    for await (const file of this.#context.node.find({ name, here }, signal)) {
      if (file.name !== name || file.isHere !== here) continue
      try {
        return await this.#read(file, signal)
      } catch (error) {
        signal.throwIfAborted()
        why ??= toShoalError(error)
      }
      if (++candidates === MAX_CANDIDATES) break
    }
    if (why) throw why
    return undefined
  }

  async #read(file: DialectFile, signal: AbortSignal): Promise<string> {
    const { node, maxTextBytes } = this.#context
    const named = `"${printable(file.name)}"`
    const tooLarge = `${named} has ${formatBytes(file.sizeBytes)}: only text of up to ${formatBytes(maxTextBytes)} is sent.`
    if (file.sizeBytes > maxTextBytes) throw new ShoalError('TOO_LARGE', tooLarge)
    const parts: Uint8Array[] = []
    let sizeBytes = 0
    for await (const part of node.read(file, signal)) {
      sizeBytes += part.length
      if (sizeBytes > maxTextBytes) throw new ShoalError('TOO_LARGE', tooLarge)
      parts.push(part)
    }
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(parts))
    } catch (cause) {
      throw new ShoalError('NOT_ACCEPTABLE', `${named} is not text in UTF-8, and nothing else is sent.`, {
        cause,
      })
    }
  }
}

const count = (counts: Map<number, number>, place: number) => counts.set(place, (counts.get(place) ?? 0) + 1)
