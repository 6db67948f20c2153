/** Rates of a node's link, bytes a second. */
export interface LinkRates {
  readonly up: number
  readonly down: number
}

/** A node as the network sees it. */
export interface FluidNode {
  readonly index: number
  readonly rates: LinkRates
  sentBytes: number
  receivedBytes: number
}

/** Bytes to send. */
export interface Sending {
  readonly length: number
  /** So many more have arrived. */
  deliver(bytes: number): void
  /** The socket has taken them. */
  taken(): void
}

/** Bytes on their way from one node to another, in order. */
export class Pipe {
  readonly from: FluidNode
  readonly to: FluidNode
  readonly #queue: { left: number; deliver(bytes: number): void; taken: (() => void) | undefined }[] = []
  #waiting = 0

  constructor(from: FluidNode, to: FluidNode) {
    this.from = from
    this.to = to
  }

  /** Bytes that have not arrived. */
  get waiting(): number {
    return this.#waiting
  }

  send({ length, deliver, taken }: Sending): void {
    this.#queue.push({ left: length, deliver, taken })
    this.#waiting += length
    this.#tellTaken()
  }

  /** Moves bytes. */
  flow(most: number): void {
    let bytes = Math.min(most, this.#waiting)
    this.#waiting -= bytes
    this.from.sentBytes += bytes
    this.to.receivedBytes += bytes
    while (bytes > 0) {
      const item = this.#queue[0]!
      const count = Math.min(bytes, item.left)
      item.left -= count
      bytes -= count
      item.deliver(count)
      if (item.left > 0) break
      item.taken?.()
      this.#queue.shift()
    }
    this.#tellTaken()
  }

  #tellTaken(): void {
    let before = 0
    for (const item of this.#queue) {
      before += item.left
      if (before > SOCKET_BYTES) break
      item.taken?.()
      item.taken = undefined
    }
  }
}

/** What a socket takes beyond what has arrived. */
const SOCKET_BYTES = 64 * 1024

/** Lets time pass on links that share their rates fairly. */
export function flowAll(pipes: Iterable<Pipe>, ms: number): void {
  const active = [...pipes].filter((pipe) => pipe.waiting > 0)
  for (const [pipe, rate] of fairRates(active)) pipe.flow(Math.round((rate * ms) / 1000))
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
