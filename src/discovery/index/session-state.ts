import { ShoalError } from '../../base/errors.ts'

/** What the server agreed to at login. */
export interface SessionTerms {
  readonly heartbeatIntervalMs: number
  readonly leaseMs: number
  /** This node's host as the server sees it; may be empty. */
  readonly observedHost: string
}

/**
 * Where the session with one index server stands:
 *
 *     disconnected -> connecting -> loggingIn -> syncing <-> online
 *          ^              |             |           |          |
 *          +--------------+-------------+-----------+----------+      failed
 *                                       ^                      |
 *                                       +----------------------+      expired
 *
 * and from everywhere to stopped. `attempt` counts the failures in a row; it starts anew with the first heartbeat that is answered, so that
 * a server that takes logins and refuses the rest is not asked ever faster.
 */
export type SessionState =
  | { readonly kind: 'disconnected'; readonly attempt: number; readonly problem: string | undefined }
  | { readonly kind: 'connecting'; readonly attempt: number }
  | { readonly kind: 'loggingIn'; readonly attempt: number }
  | { readonly kind: 'syncing'; readonly attempt: number; readonly terms: SessionTerms }
  | { readonly kind: 'online'; readonly attempt: number; readonly terms: SessionTerms }
  | { readonly kind: 'stopped' }

export type SessionEvent =
  | { readonly type: 'dial' }
  | { readonly type: 'linked' }
  | { readonly type: 'loggedIn'; readonly terms: SessionTerms }
  | { readonly type: 'changed' }
  | { readonly type: 'synced' }
  | { readonly type: 'alive' }
  | { readonly type: 'expired' }
  | { readonly type: 'failed'; readonly problem: string }
  | { readonly type: 'stop' }

export const INITIAL_SESSION: SessionState = { kind: 'disconnected', attempt: 0, problem: undefined }

/** The state after `event`. Throws INTERNAL for a move that does not exist. */
export function nextSessionState(state: SessionState, event: SessionEvent): SessionState {
  const attempt = 'attempt' in state ? state.attempt : 0
  const isLoggedIn = state.kind === 'syncing' || state.kind === 'online'
  switch (event.type) {
    case 'dial':
      if (state.kind === 'disconnected') return { kind: 'connecting', attempt }
      break
    case 'linked':
      if (state.kind === 'connecting') return { kind: 'loggingIn', attempt }
      break
    case 'loggedIn':
      if (state.kind === 'loggingIn') return { kind: 'syncing', attempt, terms: event.terms }
      break
    case 'changed':
      if (isLoggedIn) return { kind: 'syncing', attempt, terms: state.terms }
      break
    case 'synced':
      if (isLoggedIn) return { kind: 'online', attempt, terms: state.terms }
      break
    case 'alive':
      if (isLoggedIn) return { ...state, attempt: 0 }
      break
    case 'expired':
      if (state.kind === 'online') return { kind: 'loggingIn', attempt: attempt + 1 }
      break
    case 'failed':
      if (state.kind === 'disconnected' || state.kind === 'stopped') break
      return { kind: 'disconnected', attempt: attempt + 1, problem: event.problem }
    case 'stop':
      return { kind: 'stopped' }
  }
  throw new ShoalError('INTERNAL', `An index session that is ${state.kind} cannot take "${event.type}".`)
}
