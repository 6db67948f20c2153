import type { Wish, WishHit } from '../../api/types.ts'
import { formatDuration } from '../../format.ts'

/** Why something was not fetched by itself; empty when it was, or was not to be. */
export function heldBackText(reason: WishHit['heldBack']): string {
  switch (reason) {
    case undefined:
      return ''
    case 'size':
      return 'larger than the setting wishMaxBytes allows.'
    case 'daily-limit':
      return 'as many as the setting wishMaxFetches allows were fetched today.'
    case 'in-folder':
      return 'it comes with its folder.'
    case 'failed':
      return 'the download could not start.'
  }
}

/** When the words are searched for next. */
export function nextText({ nextSearchMs }: Pick<Wish, 'nextSearchMs'>, nowMs = Date.now()): string {
  if (nextSearchMs === undefined) return 'Waits for a peer'
  const leftMs = nextSearchMs - nowMs
  return leftMs < 1000
    ? 'Next in a moment'
    : `Next in ${formatDuration(Math.ceil(leftMs / 1000) * 1000).replace('.0 s', ' s')}`
}
