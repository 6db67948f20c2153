/** A peer's place among the others. */
export interface Seat {
  readonly id: number
  /** Through whom its client talks; undefined while it waits for one. */
  neighbour: number | undefined
}

/** A newcomer's place: its neighbour is who came last, and it is the one of who waits. */
export function seat(others: readonly Seat[], id: number): Seat {
  for (const other of others) other.neighbour ??= id
  return { id, neighbour: others.at(-1)?.id }
}

/** Those whose neighbour has left get who came last, or wait. */
export function unseat(others: readonly Seat[], left: number): void {
  for (const one of others.filter(({ neighbour }) => neighbour === left))
    one.neighbour = others.findLast((other) => other !== one)?.id
}

/** A peer by its id, or this node. */
export type Holder = number | 'here'

/** Which names are held, and by whom, in the order in which they came. */
export class Names {
  readonly #holders = new Map<string, Set<Holder>>()

  add(name: string, holder: Holder): void {
    this.#holders.set(name, (this.#holders.get(name) ?? new Set()).add(holder))
  }

  /** Takes back what this one holds. Returns what nobody else has. */
  drop(holder: Holder, names = this.list()): string[] {
    return names.filter((name) => {
      const holders = this.#holders.get(name)
      return holders?.delete(holder) && holders.size === 0 && this.#holders.delete(name)
    })
  }

  has(name: string, holder: Holder): boolean {
    return this.#holders.get(name)?.has(holder) ?? false
  }

  /** Who has had it for longest. */
  holderOf(name: string): Holder | undefined {
    return this.#holders.get(name)?.values().next().value
  }

  list(): string[] {
    return [...this.#holders.keys()]
  }
}
