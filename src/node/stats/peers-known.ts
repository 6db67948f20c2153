import type { PeerView } from '../../discovery/membership/types.ts'

type Watched = Pick<PeerView, 'state'> & { readonly record: Pick<PeerView['record'], 'peerId'> }

/** How many peers are known: those of the book and those that membership watches, each once, without those that are gone. */
export function peersKnown(
  book: readonly { readonly peerId: string }[],
  watched: readonly Watched[],
): number {
  const known = new Set(book.map(({ peerId }) => peerId))
  for (const { state, record } of watched) {
    if (state === 'dead' || state === 'left') known.delete(record.peerId)
    else known.add(record.peerId)
  }
  return known.size
}
