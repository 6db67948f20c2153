import { create } from '@bufbuild/protobuf'
import { type PeerFilter, PeerFilterSchema } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import { applyFlips, filterFlips, foldFilter, MAX_LOG2_BITS, MIN_LOG2_BITS } from './bloom.ts'
import { HORIZON } from './options.ts'

/** log2 of the bits of a filter that is told further than to neighbours: 4 KiB. */
export const FAR_LOG2_BITS = 15
/** A distance takes so many bytes on average; from it follows when a difference is worth it. */
const FLIP_BYTES = 2

/** The bits of a filter that is held: those are whole. */
export const bitsOf = (filter: PeerFilter): Uint8Array => filter.content.value as Uint8Array

/** `filter` as one hop further off sees it; folded when it is large. */
export function oneHopFurther(filter: PeerFilter): PeerFilter {
  const value = foldFilter(bitsOf(filter), FAR_LOG2_BITS)
  return create(PeerFilterSchema, {
    ...{ point: filter.point, version: filter.version, keys: filter.keys, hops: filter.hops + 1 },
    ...{ log2Bits: Math.min(filter.log2Bits, FAR_LOG2_BITS), content: { case: 'bits', value } },
  })
}

/** What to say of a filter to one who was told `before`: all of it, the difference, or that it is gone. */
export function filterNews(before: PeerFilter | undefined, now: PeerFilter | undefined): PeerFilter {
  if (!now) return create(PeerFilterSchema, { point: before!.point, gone: true })
  if (!before || before.log2Bits !== now.log2Bits) return now
  const { point, hops, version, log2Bits, keys } = now
  const head = { point, hops, version, log2Bits, keys }
  if (before.version === version) return create(PeerFilterSchema, head)
  const flips = filterFlips(bitsOf(before), bitsOf(now))
  if (flips.length * FLIP_BYTES >= bitsOf(now).length) return now
  return create(PeerFilterSchema, {
    ...head,
    content: { case: 'delta', value: { base: before.version, flips } },
  })
}

/**
 * The whole filter that `news` makes of the one `held` before; undefined when it cannot be: a wrong size, a difference to something
 * else.
 */
export function readFilter(held: PeerFilter | undefined, news: PeerFilter): PeerFilter | undefined {
  const { hops, log2Bits, content } = news
  if (hops >= HORIZON || log2Bits < MIN_LOG2_BITS || log2Bits > MAX_LOG2_BITS) return undefined
  if (hops > 0 && log2Bits > FAR_LOG2_BITS) return undefined
  if (content.case === 'bits') return content.value.length === 2 ** log2Bits / 8 ? news : undefined
  if (!held || held.log2Bits !== log2Bits) return undefined
  if (content.case === undefined) {
    return held.version === news.version ? whole(news, bitsOf(held)) : undefined
  }
  if (held.version !== content.value.base) return undefined
  const bits = applyFlips(bitsOf(held), content.value.flips)
  return bits && whole(news, bits)
}

function whole({ point, hops, version, log2Bits, keys }: PeerFilter, value: Uint8Array): PeerFilter {
  return create(PeerFilterSchema, {
    ...{ point, hops, version, log2Bits, keys, content: { case: 'bits', value } },
  })
}
