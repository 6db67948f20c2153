import { hash } from 'node:crypto'

/** Where a key or a PeerId (its multihash) lies among all: its SHA-256, 32 bytes. Near is what has a small XOR. */
export type Position = Uint8Array

export function positionOf(bytes: Uint8Array): Position {
  return hash('sha256', bytes, 'buffer')
}

/** Negative when `a` is nearer to `target` than `b`, positive when it is farther, 0 when they are the same. */
export function compareDistance(target: Position, a: Position, b: Position): number {
  for (let i = 0; i < target.length; i++) {
    const difference = (a[i]! ^ target[i]!) - (b[i]! ^ target[i]!)
    if (difference !== 0) return difference
  }
  return 0
}

/** Leading bits that both have in common, 0 to 256. */
export function sharedBits(a: Position, b: Position): number {
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! ^ b[i]!
    if (difference !== 0) return 8 * i + Math.clz32(difference) - 24
  }
  return 8 * a.length
}

/** Things by position, to find the nearest of a key quickly: as many steps as there are bits to tell them apart. */
export class PositionIndex<T> {
  readonly #items: { readonly position: Position; readonly value: T }[]

  constructor(items: Iterable<{ readonly position: Position; readonly value: T }>) {
    this.#items = [...items].sort((a, b) => Buffer.compare(a.position, b.position))
  }

  get size(): number {
    return this.#items.length
  }

  /** Up to `count` nearest to `target`, nearest first. */
  closest(target: Position, count: number): T[] {
    const found: T[] = []
    this.#collect(target, { from: 0, to: this.#items.length, bit: 0, count, found })
    return found
  }

  /** The sorted items are a tree: those whose next bit is 0, then those whose is 1. The side of the target is nearer, all of it. */
  #collect(
    target: Position,
    range: { from: number; to: number; bit: number; count: number; found: T[] },
  ): void {
    const { from, to, bit, count, found } = range
    if (from >= to || found.length >= count) return
    if (to - from === 1 || bit >= 8 * target.length) {
      for (let i = from; i < to && found.length < count; i++) found.push(this.#items[i]!.value)
      return
    }
    const middle = this.#firstWithBit(from, to, bit)
    const zeros = { ...range, to: middle, bit: bit + 1 }
    const ones = { ...range, from: middle, bit: bit + 1 }
    const [near, far] = bitOf(target, bit) === 0 ? [zeros, ones] : [ones, zeros]
    this.#collect(target, near)
    this.#collect(target, far)
  }

  #firstWithBit(from: number, to: number, bit: number): number {
    let low = from
    let high = to
    while (low < high) {
      const middle = (low + high) >>> 1
      if (bitOf(this.#items[middle]!.position, bit) === 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

const bitOf = (position: Position, bit: number): number => (position[bit >>> 3]! >>> (7 - (bit & 7))) & 1
