import { ShoalError } from '../../base/errors.ts'

/** Somebody who fetches from here or is kept from it, or another peer. */
export interface FetchingPeer {
  readonly peerId: string
  /** For people; not unique. */
  readonly name: string
}

/**
 * The one peer that `text` names: its PeerId, the beginning or the end of that, or its name.
 *
 * @param none what to say when it is none of them
 * @throws ShoalError NOT_FOUND, AMBIGUOUS
 */
export function pickPeer(
  peers: readonly FetchingPeer[],
  text: string,
  none = `No peer ${text} fetches from this node, or is paused or refused. See all with: shoal uploads`,
): FetchingPeer {
  const byId = new Map(peers.map((peer) => [peer.peerId, peer]))
  const exact = byId.get(text)
  if (exact) return exact
  const all = text === '' ? [] : [...byId.values()]
  const named = all.filter(({ name }) => name === text)
  const found =
    named.length > 0 ? named : all.filter(({ peerId }) => peerId.startsWith(text) || peerId.endsWith(text))
  if (found.length === 1) return found[0]!
  if (found.length > 1)
    throw new ShoalError('AMBIGUOUS', `${found.length} peers are called ${text}. Give the PeerId of one.`)
  throw new ShoalError('NOT_FOUND', none)
}
