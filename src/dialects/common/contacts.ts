import { Limiter } from '../../base/limiter.ts'
import { withDeadline } from '../../base/signals.ts'
import type { DialectContext } from '../dialect.ts'
import { mayCallFor } from './may-call.ts'

/** Somebody else's peer. */
export interface Contact<K, V> {
  readonly key: K
  readonly value: V
  /** Where it told of itself from, IP address. */
  readonly from: string
  /** When it told of itself, and when it last gave a sign of life; steady clock, ms. */
  readonly sinceMs: number
  readonly heardMs: number
  /** It was looked for since, and not found. */
  readonly isSilent: boolean
}

export interface ContactsOptions {
  /** As many are known at most. */
  readonly limit: number
  /** Nobody is called sooner after it told of itself, ms: its own server comes up later. */
  readonly graceMs?: number
  /** How long one of them is waited for, ms. Default 3,000. */
  readonly timeoutMs?: number
}

/** Peers that are called at a time. */
const MAX_AT_ONCE = 16

/** Peers of another system, with a bound, and when each was heard of. Only those are called whose address may be, and who had time to listen. */
export class Contacts<K, V extends { readonly host: string }> {
  readonly #context: Pick<DialectContext, 'clock' | 'calls'>
  readonly #options: Required<ContactsOptions>
  readonly #known = new Map<K, Contact<K, V>>()

  constructor(context: Pick<DialectContext, 'clock' | 'calls'>, options: ContactsOptions) {
    this.#context = context
    this.#options = { graceMs: 0, timeoutMs: 3_000, ...options }
  }

  /** Who was heard of last is last. */
  all(): readonly Contact<K, V>[] {
    return [...this.#known.values()]
  }

  get(key: K): Contact<K, V> | undefined {
    return this.#known.get(key)
  }

  /** Whether this one can be added: it is known, or there is room for one more. */
  hasRoom(key: K): boolean {
    return this.#known.has(key) || this.#known.size < this.#options.limit
  }

  /** A peer tells of itself, for the first time or again. False: there is no room. */
  add(key: K, value: V, from: string): boolean {
    if (!this.hasRoom(key)) return false
    const nowMs = this.#context.clock.monotonic()
    this.#known.delete(key)
    this.#known.set(key, { key, value, from, sinceMs: nowMs, heardMs: nowMs, isSilent: false })
    return true
  }

  /** A sign of life; of a stranger it is nothing. */
  heard(key: K): void {
    const known = this.#known.get(key)
    if (!known) return
    this.#known.delete(key)
    this.#known.set(key, { ...known, heardMs: this.#context.clock.monotonic(), isSilent: false })
  }

  remove(key: K): void {
    this.#known.delete(key)
  }

  /** Takes out those of whom nothing was heard for so long, and tells who they were. */
  takeSilent(ms: number): readonly Contact<K, V>[] {
    const latestMs = this.#context.clock.monotonic() - ms
    const silent = this.all().filter(({ heardMs }) => heardMs <= latestMs)
    for (const { key } of silent) this.#known.delete(key)
    return silent
  }

  /**
   * Asks these at once, but for those who are silent, and resolves with the first answer; the others are let go. Undefined when none has one: undefined
   * from `call`, or an error of it, says that there is none.
   */
  async ask<T>(
    keys: readonly K[],
    call: (contact: Contact<K, V>, signal: AbortSignal) => Promise<T | undefined>,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    const contacts = [...new Set(keys)]
      .map((key) => this.#known.get(key))
      .filter((contact) => contact !== undefined)
    const asked = contacts.filter((contact) => !contact.isSilent && this.#mayCallNow(contact))
    using deadline = withDeadline(this.#context.clock, this.#options.timeoutMs, signal)
    const answers = asked.slice(0, MAX_AT_ONCE).map(async (contact) => {
      const answer = await call(contact, deadline.signal)
      if (answer === undefined) throw new Error('no answer')
      return answer
    })
    const first = await Promise.any(answers).catch(() => undefined)
    deadline.abort()
    return first
  }

  /** Sees who is there. Who has been silent for `forgetMs` is forgotten. */
  async probe(
    isThere: (value: V, signal: AbortSignal) => Promise<boolean>,
    forgetMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock } = this.#context
    const limiter = new Limiter(MAX_AT_ONCE)
    const look = async (contact: Contact<K, V>) => {
      const { key, value, heardMs } = contact
      using deadline = withDeadline(clock, this.#options.timeoutMs, signal)
      const isFound = await isThere(value, deadline.signal)
      // It may have left, or come back, meanwhile.
      if (signal.aborted || this.#known.get(key) !== contact) return
      if (isFound) this.heard(key)
      else if (clock.monotonic() - heardMs >= forgetMs) this.#known.delete(key)
      else this.#known.set(key, { ...contact, isSilent: true })
    }
    const asked = this.all().filter((contact) => this.#mayCallNow(contact))
    await Promise.all(asked.map((contact) => limiter.run(() => look(contact))))
  }

  /** Whether it is one that may be called, when it had its time. */
  mayCall({ from, value: { host } }: Contact<K, V>): boolean {
    const { calls } = this.#context
    return calls.mayCall(host) && mayCallFor(from, host, calls)
  }

  #mayCallNow(contact: Contact<K, V>): boolean {
    const sinceMs = this.#context.clock.monotonic() - contact.sinceMs
    return sinceMs >= this.#options.graceMs && this.mayCall(contact)
  }
}
