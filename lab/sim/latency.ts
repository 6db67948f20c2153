import type { Random } from '../../src/base/random.ts'

/** Where a host is, and how slow its own line. */
export interface Place {
  readonly x: number
  readonly y: number
  /** One-way delay of its own line, ms. */
  readonly accessMs: number
}

export interface LatencyOptions {
  /** Median one-way delay of a host's own line, ms. Log-normal with sigma 0.6. Default 6. */
  accessMs: number
  /** One-way delay from one corner of the world to the opposite one, ms. Hosts lie anywhere in a square. Default 100. */
  diameterMs: number
  /** Each message is late by up to this share more. Default 0.1. */
  jitter: number
  /** Share of messages of which a packet is lost; as TCP does, it is sent again after 200 ms, then after twice that, and so on. Default 0. */
  loss: number
}

export const DEFAULT_LATENCY: LatencyOptions = { accessMs: 6, diameterMs: 100, jitter: 0.1, loss: 0 }

const SIGMA = 0.6
const FIRST_RETRANSMISSION_MS = 200
const MAX_RETRANSMISSIONS = 5

export function randomPlace(random: Random, { accessMs }: LatencyOptions): Place {
  const normal = Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float())
  return { x: random.float(), y: random.float(), accessMs: accessMs * Math.exp(SIGMA * normal) }
}

/** One-way delay of a message from `a` to `b`, ms. */
export function delayMs(a: Place, b: Place, random: Random, options: LatencyOptions): number {
  const distance = Math.hypot(a.x - b.x, a.y - b.y) / Math.SQRT2
  const base = a.accessMs + b.accessMs + options.diameterMs * distance
  let delay = base * (1 + options.jitter * random.float())
  if (options.loss > 0) {
    let wait = FIRST_RETRANSMISSION_MS
    for (let i = 0; i < MAX_RETRANSMISSIONS && random.float() < options.loss; i++) {
      delay += wait
      wait *= 2
    }
  }
  return delay
}
