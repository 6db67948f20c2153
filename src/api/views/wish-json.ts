import type { WishHitView, WishView } from './wish-view.ts'

/** A wish as JSON. */
export function wishJson({ hits, ...wish }: WishView) {
  return { ...wish, hits: hits.map(hitJson) }
}

/** The data of the event `wish`: something that was not there before. */
export function wishNewsJson({ id, words }: Pick<WishView, 'id' | 'words'>, hit: WishFact) {
  const { cid, name, sizeBytes, kind, providers } = hit
  return { id, words, hit: { cid, name, size: sizeBytes, kind, providers } }
}

type WishFact = Pick<WishHitView, 'cid' | 'name' | 'sizeBytes' | 'kind' | 'providers'>

function hitJson({ cid, name, sizeBytes, ...rest }: WishHitView) {
  return { cid, name, size: sizeBytes, ...rest }
}
