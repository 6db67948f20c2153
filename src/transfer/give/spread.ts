import type { Random } from '../../base/random.ts'
import type { ServedFile } from '../served-file.ts'
import { type Copier, FirstCopies, type TakerEvents } from './first-copies.ts'

interface Swarm {
  readonly copies: FirstCopies
  members: number
}

/** Swarms that are kept track of; beyond that files are given as they are asked for. */
const MAX_SWARMS = 1024

/** Files that several peers fetch from here at the same time. */
export class Spread {
  readonly #random: Random
  readonly #swarms = new Map<string, Swarm>()

  constructor(random: Random) {
    this.#random = random
  }

  /**
   * A peer that serves others opens a file. The first sees all of it; those who join while it has not been sent once as a whole are shown blocks that
   * nobody else is sent.
   *
   * @returns undefined for a file of which this node has a part only: then there is nothing to hold back
   */
  join(cid: string, file: ServedFile, events: TakerEvents): Copier | undefined {
    if (file.has || file.blockCount < 2) return undefined
    let swarm = this.#swarms.get(cid)
    if (!swarm) {
      if (this.#swarms.size >= MAX_SWARMS) return undefined
      swarm = { copies: new FirstCopies(file.blockCount, this.#random), members: 0 }
      this.#swarms.set(cid, swarm)
    }
    swarm.members++
    const copier = swarm.copies.join(events)
    return { ...copier, leave: this.#leaver(cid, swarm, copier) }
  }

  #leaver(cid: string, swarm: Swarm, copier: Copier): () => void {
    let left = false
    return () => {
      if (left) return
      left = true
      copier.leave()
      if (--swarm.members === 0) this.#swarms.delete(cid)
    }
  }

  getDebugState(): Record<string, unknown> {
    return Object.fromEntries([...this.#swarms].map(([cid, { copies }]) => [cid, copies.getDebugState()]))
  }
}
