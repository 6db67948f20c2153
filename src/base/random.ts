import { randomBytes } from 'node:crypto'

/** Randomness, handed in so that a failing run can be repeated from its seed. */
export interface Random {
  /** Uniform in [0, 1). */
  float(): number
  /** `length` random bytes. */
  bytes(length: number): Uint8Array
}

/** Cryptographically strong; the one for production. */
export const systemRandom: Random = {
  float: () => {
    const bytes = randomBytes(8)
    return (bytes.readUInt32LE(0) * 2 ** 21 + (bytes.readUInt32LE(4) >>> 11)) / 2 ** 53
  },
  bytes: (length) => randomBytes(length),
}

/** Repeatable from `seed` (mulberry32, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c). Not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }
  return {
    float: () => next() / 2 ** 32,
    bytes(length) {
      const out = new Uint8Array(length)
      for (let i = 0; i < length; i++) out[i] = next() & 0xff
      return out
    },
  }
}

/** Uniform integer in [0, maxExclusive). */
export function randomInt(random: Random, maxExclusive: number): number {
  return Math.floor(random.float() * maxExclusive)
}

/** A version 4 UUID (RFC 9562). */
export function uuid(random: Random): string {
  return uuidText(uuidBytes(random))
}

/** The 16 bytes of a version 4 UUID. */
export function uuidBytes(random: Random): Uint8Array {
  const bytes = random.bytes(16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes
}

/** Any 16 bytes as UUIDs are written. */
export function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** A shuffled copy (Fisher-Yates). */
export function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const out = [...items]
  for (let i = out.length - 1; i > 0; i--) {
    const j = randomInt(random, i + 1)
    const held = out[i]!
    out[i] = out[j]!
    out[j] = held
  }
  return out
}

export interface BackoffOptions {
  /** First wait, ms. */
  baseMs: number
  /** Longest wait, ms. */
  maxMs: number
}

/** Wait before retry number `attempt` (0 = first): exponential with full jitter between half and all of it. */
export function backoffMs(random: Random, attempt: number, { baseMs, maxMs }: BackoffOptions): number {
  const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30))
  return ceiling / 2 + (random.float() * ceiling) / 2
}
