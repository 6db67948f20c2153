/** What a session knows when it asks itself what to tell the server next. */
export interface SyncView {
  /** What the server holds is known, but for what waits in the outbox. False: nothing is known, or changes were lost. */
  readonly isTracked: boolean
  /** Changes that wait in the outbox. */
  readonly pending: number
  /** The name under which the server holds its state: a revision of the source, or an interim one. */
  readonly held: string | undefined
  /** The source's revision now. */
  readonly revision: string
  /** The source's revision when it was last read whole or a change was last announced or withdrawn. */
  readonly announcedRevision: string
  /** Since the revision last moved or a change last came, ms. */
  readonly quietMs: number
  /** Since everything was last told, ms; Infinity when it never was. */
  readonly sinceFullMs: number
}

export interface SyncTimes {
  /** The revision is told when nothing has changed for this long, ms. */
  readonly settleMs: number
  /** How often to look whether the source moved without announcing anything, ms. */
  readonly checkMs: number
  /** A source that moved without announcing anything is told whole again, but not more often than this, ms. */
  readonly repairMs: number
}

export type SyncStep =
  /** Tell everything, replacing what the server holds. */
  | { readonly kind: 'everything' }
  /** Tell what waits in the outbox. */
  | { readonly kind: 'changes' }
  /** Tell the revision alone: what the server holds is complete. */
  | { readonly kind: 'revision' }
  /** Nothing to do for `ms`, or until something changes. */
  | { readonly kind: 'wait'; readonly ms: number }

/**
 * What to tell the server next.
 *
 * A revision is a promise: "when you hold this one, I have nothing to tell". The source moves first and its changes are announced a
 * moment later, so that the revision of now may speak of changes that are not announced yet; told too early, and the node killed in
 * between, the server would miss them for ever. So changes go under an interim name, which is no revision, and the revision follows when all
 * has been quiet for a while and it is still the one that the last announcement saw. If it is not, a change was never announced,
 * and all is told again.
 */
export function nextSyncStep(view: SyncView, { settleMs, checkMs, repairMs }: SyncTimes): SyncStep {
  if (!view.isTracked) return { kind: 'everything' }
  if (view.pending > 0) return { kind: 'changes' }
  if (view.held === view.revision) return { kind: 'wait', ms: checkMs }
  if (view.quietMs < settleMs) return { kind: 'wait', ms: settleMs - view.quietMs }
  if (view.revision === view.announcedRevision) return { kind: 'revision' }
  if (view.sinceFullMs < repairMs) return { kind: 'wait', ms: repairMs - view.sinceFullMs }
  return { kind: 'everything' }
}

/** What is left of a session's knowledge when it logs in again. */
export interface LoginView {
  /** The name that the server says its state has; empty when it holds no complete one. */
  readonly serverRevision: string
  /** The source's revision now. */
  readonly revision: string
  /** Names of states to which the outbox holds all that is missing: the last one, and the next while it is being told. */
  readonly known: ReadonlySet<string>
  readonly isOverflown: boolean
}

/** True when the outbox alone brings what the server holds up to date. */
export function isTrackedAtLogin({ serverRevision, revision, known, isOverflown }: LoginView): boolean {
  if (serverRevision === '' || isOverflown) return false
  return serverRevision === revision || known.has(serverRevision)
}
