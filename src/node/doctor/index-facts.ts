import { type IndexAddress, parseIndexAddress } from '../../discovery/index/address.ts'
import type { IndexProbe } from './ask-index.ts'
import type { ClockSample, IndexFacts } from './facts.ts'

/** What {@link indexFacts} takes of the debug state of a session with an index server. */
interface Session {
  readonly kind?: string
  readonly attempt?: number
  readonly problem?: string | null
  readonly peerId?: string | null
  readonly address?: string | null
  readonly terms?: { readonly observedHost?: string }
}

export type Sessions = Readonly<Record<string, Session>>

/** The sessions with index servers by label, wherever discovery keeps them: as a locator, or to be told of peers only. */
export function sessionsOf(discovery: Readonly<Record<string, unknown>>): Sessions {
  const holder = (discovery.index ?? discovery.registration) as { servers?: Sessions } | undefined
  return holder?.servers ?? {}
}

export const isOnline = (session: Session | undefined): boolean =>
  session?.kind === 'online' || session?.kind === 'syncing'

/** One configured index server: how its session stands, and who answered when it was asked because that does not stand well. */
export function indexFacts(
  { label, peerId: pin }: Pick<IndexAddress, 'label' | 'peerId'>,
  session: Session | undefined,
  { expected, answered, problem }: IndexProbe = {},
  clock?: ClockSample,
): IndexFacts {
  const isWrong = expected !== undefined && answered !== undefined && answered !== expected
  const why = problem ?? session?.problem
  const hasFailed = problem !== undefined || (session?.attempt ?? 0) > 0
  const state = isOnline(session)
    ? 'online'
    : session === undefined
      ? 'unused'
      : isWrong
        ? 'wrong-identity'
        : hasFailed
          ? 'failed'
          : 'connecting'
  return {
    ...{ label, state },
    ...(pin !== undefined && { pin }),
    ...(state === 'wrong-identity' && { expected: expected!, answered: answered! }),
    ...(state === 'failed' && why && { problem: why }),
    ...(state === 'online' && session?.address && { address: session.address }),
    ...(clock && { clock }),
  }
}

/** Each server once. What cannot be read is left out: a node does not start with it. */
export function configuredIndexes(texts: readonly string[]): IndexAddress[] {
  const servers = texts.flatMap((text) => {
    try {
      return [parseIndexAddress(text)]
    } catch {
      return []
    }
  })
  return [...new Map(servers.map((server) => [server.label, server])).values()]
}
