/** A peer that has logged in. */
export interface Peer {
  readonly id: number
  readonly host: string
  readonly port: number
  /** Through whom its client talks; undefined while it waits for one. */
  neighbour: number | undefined
  /** Calls in a row that were not answered. */
  failures: number
}

/** Who is there, in the order in which they came, and who is whose neighbour: somebody else as soon as there is somebody else. */
export class Registry {
  readonly #limit: number
  readonly #peers = new Map<number, Peer>()
  #nextId = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** The newcomer gets who came last, who waits gets the newcomer. Undefined: there is no room. */
  login(host: string, port: number): Peer | undefined {
    if (this.#peers.size >= this.#limit) return undefined
    const peer: Peer = { id: this.#nextId++, host, port, neighbour: this.#last(), failures: 0 }
    for (const other of this.#peers.values()) other.neighbour ??= peer.id
    this.#peers.set(peer.id, peer)
    return peer
  }

  /** Those whose neighbour it was get who came last, or wait. False: nobody has this id. */
  logout(id: number): boolean {
    if (!this.#peers.delete(id)) return false
    for (const other of this.#peers.values())
      if (other.neighbour === id) other.neighbour = this.#last(other.id)
    return true
  }

  get(id: number): Peer | undefined {
    return this.#peers.get(id)
  }

  all(): Peer[] {
    return [...this.#peers.values()]
  }

  #last(except?: number): number | undefined {
    return [...this.#peers.keys()].findLast((id) => id !== except)
  }
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
