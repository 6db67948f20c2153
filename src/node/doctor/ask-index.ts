import { IndexService } from '../../contract/gen/shoal/v1/index_pb.ts'
import type { IndexAddress } from '../../discovery/index/address.ts'
import { resolveIndex } from '../../discovery/index/resolve.ts'
import { reasonOf } from '../../discovery/reason.ts'
import type { LinkPool } from '../../link/pool.ts'

/** Longest wait for one answer, ms. */
const ASK_MS = 3000

/** Who is at an index server's address. */
export interface IndexProbe {
  /** The PeerId that it must prove: the pinned one, else the one that its REST API names. */
  readonly expected?: string
  /** The PeerId that was proved there; undefined when nobody answered. */
  readonly answered?: string
  /** Why nobody answered. */
  readonly problem?: string
}

/**
 * Connects to a server, whoever it is, straight to its address: an expected PeerId would be looked for on other roads too, for many seconds.
 * Tells it nothing: the heartbeat of a session that is none only makes it answer.
 */
export async function askIndex(
  server: IndexAddress,
  pool: Pick<LinkPool, 'connect'>,
  signal: AbortSignal,
): Promise<IndexProbe> {
  let expected = server.peerId
  try {
    const found = await resolveIndex({ ...server, peerId: undefined }, signal)
    // What a REST API says of itself is compared with the pin as what a key proves is.
    if (expected !== undefined && found.peerId !== undefined && found.peerId !== expected)
      return { expected, answered: found.peerId }
    expected ??= found.peerId
    const client = pool.connect(IndexService, { addresses: [found.address] })
    const problem = await client.heartbeat({}, { signal, timeoutMs: ASK_MS }).then(
      () => undefined,
      (error: unknown) => reasonOf(error),
    )
    const answered = client.remotePeerId()
    return {
      ...(expected !== undefined && { expected }),
      ...(answered !== undefined ? { answered } : { problem: problem ?? 'no answer' }),
    }
  } catch (error) {
    return { ...(expected !== undefined && { expected }), problem: reasonOf(error) }
  }
}
