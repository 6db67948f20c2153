import type { ErrorCode } from '../../base/errors.ts'
import type { SharedEntry } from '../../content/entry.ts'
import type { LocatorName, Provider } from '../../discovery/locator.ts'

export interface SearchContext {
  readonly signal: AbortSignal
  /** Locators to ask; undefined = all that are enabled, and the own library. */
  readonly via?: readonly LocatorName[] | undefined
  /** undefined = the configured default. */
  readonly timeoutMs?: number | undefined
}

export type SearchEvent =
  | {
      /** A CID found, or found by one more locator or provider: replaces the hit of the same CID before. */
      readonly type: 'hit'
      readonly entry: SharedEntry
      readonly providers: readonly Provider[]
      readonly via: readonly LocatorName[]
    }
  | {
      readonly type: 'done'
      /** Different CIDs found. */
      readonly hits: number
      readonly ms: number
      readonly reason: 'limit' | 'complete' | 'timeout' | 'cancelled'
      readonly via: Readonly<Record<string, LocatorReport>>
    }

/** What one locator did in one search. */
export interface LocatorReport {
  /** Different CIDs that it found. */
  readonly hits: number
  /** Messages that went over links for it, both ways. */
  readonly messages: number
  readonly ms: number
  /** Peers, and index servers, whose answer was asked for. */
  readonly asked: number
  /** Encoded bytes of the messages. */
  readonly bytes: number
  /** Links to the peer that answered with the first hit; 0 for what was known here. */
  readonly firstHitHops?: number | undefined
  /** Why it stopped: complete, limit, timeout, cancelled, partial or ttl. */
  readonly stopped?: string | undefined
  readonly error?: ErrorView | undefined
  /** Faults that did not stop it, for people. */
  readonly problems?: readonly string[] | undefined
}

export interface ErrorView {
  readonly code: ErrorCode
  readonly message: string
}
