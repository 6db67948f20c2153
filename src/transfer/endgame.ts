import { MIB } from '../base/units.ts'
import type { ScheduledSource } from './scheduler.ts'

export interface EndgameOptions {
  /** Most sources that one block is asked of at once. */
  readonly maxHolders: number
  /** A duplicate is asked for only when it should be here in this part of the time that the present holder needs … */
  readonly timeFraction: number
  /** … and at least so much sooner, ms: short waits are noise. */
  readonly leastGainMs: number
  /** What is taken for the rate of a source that has none yet, bytes a second. */
  readonly assumedRateBytesPerSecond: number
  /** A source with nothing to do gets what another one was asked for and has not begun: it may have begun by the time it hears of that. */
  readonly moves: boolean
}

export const DEFAULT_ENDGAME: EndgameOptions = {
  maxHolders: 3,
  timeFraction: 0.5,
  leastGainMs: 250,
  assumedRateBytesPerSecond: 2 * MIB,
  moves: true,
}

/** For what nobody waits for: a second source is asked for a block only when the first one has fallen silent, or is some seconds late. */
export const PATIENT_ENDGAME: EndgameOptions = {
  ...DEFAULT_ENDGAME,
  maxHolders: 2,
  timeFraction: 0.25,
  leastGainMs: 3000,
  moves: false,
}

interface EndgameView {
  /** Sources asked, by block. */
  readonly candidates: ReadonlyMap<number, ReadonlySet<string>>
  readonly sources: ReadonlyMap<string, ScheduledSource>
  /** Bytes of a block that have not come. */
  readonly leftOf: (index: number) => number
  readonly options: EndgameOptions
}

/**
 * When every block is asked for: the one that this source should be asked for as well, because those who were asked will take much longer;
 * undefined when none is worth it. A source that has gone silent looks slower every moment, so its blocks go elsewhere long
 * before it counts as stalled; equally fast sources never duplicate each other's work.
 */
export function duplicateFor(source: ScheduledSource, view: EndgameView): number | undefined {
  const { options } = view
  let best: number | undefined
  let bestEtaMs = 0
  for (const [index, holders] of view.candidates) {
    if (holders.has(source.id) || holders.size >= options.maxHolders) continue
    if (source.has && !source.has.has(index)) continue
    const ownMs = timeFor(source.askedBytes + view.leftOf(index), source, options)
    const holderMs = Math.min(...[...holders].map((id) => etaMs(index, view.sources.get(id)!, view)))
    if (ownMs > holderMs * options.timeFraction || holderMs - ownMs < options.leastGainMs) continue
    if (holderMs > bestEtaMs) {
      best = index
      bestEtaMs = holderMs
    }
  }
  return best
}

/** Expected time until a source has sent so many bytes beyond those that it was asked for, ms. */
export function waitFor(source: ScheduledSource, bytes: number, options: EndgameOptions): number {
  return timeFor(source.askedBytes + bytes, source, options)
}

/** Expected time until a source has sent a block that it was asked for, ms: everything asked before comes first. */
function etaMs(index: number, holder: ScheduledSource, view: EndgameView): number {
  let bytes = 0
  for (const each of holder.asked) {
    bytes += view.leftOf(each)
    if (each === index) break
  }
  return timeFor(bytes, holder, view.options)
}

function timeFor(bytes: number, source: ScheduledSource, options: EndgameOptions): number {
  const rate = source.rateBytesPerSecond ?? options.assumedRateBytesPerSecond
  // Twice the silence: whoever has said nothing for a second is not expected to say something in the next one.
  return (bytes / Math.max(rate, 1)) * 1000 + 2 * source.silentMs
}
